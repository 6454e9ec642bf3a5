import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useSession } from "../../../session/session";
import { Failed } from "../../../ui/kit";
import { codeFor, INSTRUMENTS, type Language } from "../instruments";

const LANGUAGES: Language[] = ["curl", "Python", "Node"];
const CURRENCY = "INR";

export function Checkout() {
  const { call, isOperator } = useSession();
  const [chosen, setChosen] = useState(0);
  const [rupees, setRupees] = useState("1250.00");
  const [language, setLanguage] = useState<Language>("curl");
  const instrument = INSTRUMENTS[chosen] ?? INSTRUMENTS[0]!;
  const amount = Math.round(Number(rupees) * 100);
  const valid = Number.isSafeInteger(amount) && amount > 0;
  const body = { amount, currency: CURRENCY, method: instrument.method };
  const pay = useMutation({
    mutationFn: () =>
      call<Schemas["Payment"]>("/api/v1/payments", {
        method: "POST",
        body,
        headers: { "Idempotency-Key": crypto.randomUUID() },
      }),
  });

  return (
    <main>
      <h1>Checkout</h1>
      <div className="two">
        <section className="card stack">
          <label>
            Pay with
            <select value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
              {INSTRUMENTS.map(({ name }, index) => <option key={name} value={index}>{name}</option>)}
            </select>
          </label>
          <label>
            Amount in {CURRENCY}
            <input inputMode="decimal" value={rupees} aria-invalid={!valid} onChange={(event) => setRupees(event.target.value)} />
          </label>
          <button className="primary" disabled={isOperator || !valid || pay.isPending} onClick={() => pay.mutate()}>
            {pay.isPending ? "Paying…" : "Pay"}
          </button>
          {isOperator && <p className="soft">The operator only reads payments. Sign in with a merchant key to pay.</p>}
          {pay.isError && <Failed error={pay.error} />}
          {pay.data && (
            <p role="status">Made <Link to="/payments/$id" params={{ id: pay.data.id }}>{pay.data.id}</Link>: follow it there.</p>
          )}
        </section>
        <section className="card stack">
          <div className="row" role="group" aria-label="Language of the example">
            {LANGUAGES.map((name) => (
              <button key={name} type="button" aria-pressed={name === language} className={name === language ? "primary" : ""} onClick={() => setLanguage(name)}>{name}</button>
            ))}
          </div>
          <pre tabIndex={0}>{codeFor(language, location.origin, body)}</pre>
        </section>
      </div>
    </main>
  );
}
