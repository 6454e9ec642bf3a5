import { useParams } from "@tanstack/react-router";
import { money, words } from "../../../ui/format";
import { Failed, Loading, State, Time } from "../../../ui/kit";
import { type Payment, usePayment, useTimeline } from "../api/payments";
import { advice } from "../path";
import { PaymentPath } from "./PaymentPath";

export function PaymentDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const payment = usePayment(id);
  return (
    <main>
      <h1>Payment <code>{id}</code></h1>
      {payment.isPending && <Loading />}
      {payment.isError && <Failed error={payment.error} retry={() => void payment.refetch()} />}
      {payment.data && <Story payment={payment.data} />}
    </main>
  );
}

function Story({ payment }: { payment: Payment }) {
  const timeline = useTimeline(payment.id, payment.version);
  const sums: [string, number][] = [
    ["Amount", payment.amount], ["Authorised", payment.amount_authorized],
    ["Captured", payment.amount_captured], ["Refunded", payment.amount_refunded],
  ];
  return (
    <>
      <section className="card stack" aria-live="polite">
        <div className="row">
          <State of={payment.status} />
          {sums.map(([name, amount]) => <span key={name}><span className="soft">{name}</span> {money(amount, payment.currency)}</span>)}
          <span><span className="soft">Created</span> <Time at={payment.created_at} /></span>
        </div>
        {payment.failure && (
          <p><strong className="bad">{words(payment.failure.code)}.</strong> {payment.failure.message} {advice(payment.failure.category)}</p>
        )}
        <PaymentPath payment={payment} />
      </section>
      <section className="card">
        <h2>Timeline and ledger</h2>
        {timeline.isPending && <Loading />}
        {timeline.isError && <Failed error={timeline.error} />}
        <ol className="story">
          {timeline.data?.data.map((entry, index) => (
            <li key={index}><Time at={entry.at} /> <code>{entry.type}</code> {entry.summary}</li>
          ))}
        </ol>
      </section>
      <details className="card">
        <summary>JSON</summary>
        <pre tabIndex={0}>{JSON.stringify(payment, null, 2)}</pre>
      </details>
    </>
  );
}
