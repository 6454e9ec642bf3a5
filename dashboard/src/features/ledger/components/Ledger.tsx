import { money } from "../../../ui/format";
import { Empty, Failed, Loading, Table, Time } from "../../../ui/kit";
import { useTrialBalance } from "../api/ledger";

export function Ledger() {
  const balance = useTrialBalance();
  const { data } = balance;
  const accounts = <><th>Account</th><th className="number">Debits</th><th className="number">Credits</th><th className="number">Balance</th><th className="number">Pending debits</th><th className="number">Pending credits</th></>;
  return (
    <main>
      <h1>Ledger</h1>
      {balance.isPending && <Loading rows={12} />}
      {balance.isError && <Failed error={balance.error} retry={() => void balance.refetch()} />}
      {data?.accounts.length === 0 && <Empty>Nothing is booked yet: pay on the Checkout page.</Empty>}
      {data && data.accounts.length > 0 && (
        <>
          <p className="soft">As of <Time at={data.as_of} /></p>
          <div className="row">
            {data.currencies.map(({ currency, debits, credits, balanced }) => (
              <span key={currency} className="card">
                {money(debits, currency)} debited, {money(credits, currency)} credited:{" "}
                {balanced ? <strong className="good">✓ balanced</strong> : <strong className="bad">✕ out of balance</strong>}
              </span>
            ))}
          </div>
          <Table label="Accounts" heads={accounts}>
            {data.accounts.map((account) => (
              <tr key={account.id}>
                <td><code>{account.id}</code></td>
                <td className="number">{money(account.debits, account.currency)}</td>
                <td className="number">{money(account.credits, account.currency)}</td>
                <td className="number"><strong>{money(account.balance, account.currency)}</strong></td>
                <td className="number">{money(account.pending_debits, account.currency)}</td>
                <td className="number">{money(account.pending_credits, account.currency)}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </main>
  );
}
