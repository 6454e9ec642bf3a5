import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Empty, Failed, Loading, State, Table, Time } from "../../../ui/kit";
import { money, words } from "../../../ui/format";
import { type Filters, type Payment, usePayments } from "../api/payments";

const STATUSES = ["pending", "processing", "requires_action", "authorized", "succeeded", "failed", "canceled"];
const METHODS = ["card", "upi", "wallet"];

export function PaymentList() {
  const filters = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  const payments = usePayments(filters);
  const show = (change: Filters) =>
    void navigate({ to: "/payments", search: { ...filters, cursor: undefined, ...change } as never });

  return (
    <main>
      <h1>Payments</h1>
      <form className="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Status" value={filters.status} of={STATUSES} onChange={(status) => show({ status })} />
        <Choice label="Method" value={filters.method} of={METHODS} onChange={(method) => show({ method })} />
        <Words label="Provider" value={filters.provider} onChange={(provider) => show({ provider })} />
        <Words label="Reference" value={filters.reference} onChange={(reference) => show({ reference })} />
      </form>
      {payments.isPending && <Loading rows={12} />}
      {payments.isError && <Failed error={payments.error} retry={() => void payments.refetch()} />}
      {payments.data && (payments.data.data.length === 0
        ? <Empty>No payment is like this. Make one on the <Link to="/checkout">Checkout</Link> page, or many with <code>payflow seed --payments 1000</code>.</Empty>
        : <Rows payments={payments.data.data} />)}
      <div className="row">
        {filters.cursor && <button type="button" onClick={() => show({})}>Newest</button>}
        {payments.data?.next_cursor && (
          <button type="button" onClick={() => show({ cursor: payments.data.next_cursor ?? undefined })}>Older</button>
        )}
      </div>
    </main>
  );
}

function Rows({ payments }: { payments: Payment[] }) {
  const heads = <><th>Created</th><th>Payment</th><th>Status</th><th className="number">Amount</th><th>Method</th><th>Provider</th><th className="number">Calls</th><th>Why it failed</th><th>Reference</th></>;
  return (
    <Table label="Payments" heads={heads}>
      {payments.map((payment) => (
        <tr key={payment.id}>
          <td><Time at={payment.created_at} /></td>
          <td><Link to="/payments/$id" params={{ id: payment.id }}><code>{payment.id}</code></Link></td>
          <td><State of={payment.status} /></td>
          <td className="number">{money(payment.amount, payment.currency)}</td>
          <td>{payment.method.type}</td>
          <td>{payment.provider ?? "–"}</td>
          <td className="number">{payment.attempts.length}</td>
          <td>{payment.failure ? words(payment.failure.code) : ""}</td>
          <td>{payment.reference ?? ""}</td>
        </tr>
      ))}
    </Table>
  );
}

interface FilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function Choice({ label, value, of, onChange }: FilterProps & { of: string[] }) {
  return (
    <label>
      {label}
      <select value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">any</option>
        {of.map((name) => <option key={name} value={name}>{words(name)}</option>)}
      </select>
    </label>
  );
}

/** Filters when it is left or confirmed, not at every key. */
function Words({ label, value, onChange }: FilterProps) {
  const take = (text: string) => { if (text.trim() !== (value ?? "")) onChange(text.trim() || undefined); };
  return (
    <label>
      {label}
      <input
        key={value ?? ""}
        defaultValue={value ?? ""}
        onBlur={(event) => take(event.target.value)}
        onKeyDown={(event) => { if (event.key === "Enter") take(event.currentTarget.value); }}
      />
    </label>
  );
}
