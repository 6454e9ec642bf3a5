import { milliseconds } from "../../../ui/format";
import { State } from "../../../ui/kit";
import type { Payment } from "../api/payments";
import { pathOf } from "../path";

/** The picture of a payment: its calls from left to right, then what it came to. */
export function PaymentPath({ payment }: { payment: Payment }) {
  return (
    <div tabIndex={0} role="region" aria-label="The path of the payment" style={{ overflowX: "auto" }}>
      <ol className="path">
        <li><div className="node"><strong>created</strong><span className="soft">{payment.method.type}</span></div></li>
        {pathOf(payment.attempts).map((node) => (
          <li key={node.id}>
            <div className={`node ${node.tone}`}>
              <strong>{node.title} · {node.provider}</strong>
              <State of={node.outcome} />
              <span className="soft">{[node.detail, milliseconds(node.latencyMs)].filter(Boolean).join(" · ")}</span>
            </div>
          </li>
        ))}
        <li><div className="node"><strong>payment</strong><State of={payment.status} /></div></li>
      </ol>
    </div>
  );
}
