import { type FormEvent, useState } from "react";
import { ApiError, apiWith } from "../api/client";
import { demoKey, useSession } from "./session";

export function SignIn() {
  const { signIn } = useSession();
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const demo = demoKey();

  async function enter(chosen: string) {
    setBusy(true);
    setProblem("");
    try {
      await apiWith(chosen)("/api/v1/payments?limit=1");
      signIn(chosen);
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : "The key could not be tried.");
    } finally {
      setBusy(false);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void enter(key.trim());
  }

  return (
    <main className="sign-in">
      <h1>PayFlow</h1>
      <p className="soft">Sign in with a merchant key (sk_test_…) or the operator key (ok_…).</p>
      <form className="card stack" onSubmit={submit}>
        <label>
          API key
          <input
            type="password"
            autoComplete="off"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        {problem && <p role="alert" className="bad">✕ {problem}</p>}
        <button className="primary" disabled={busy || key.trim() === ""}>Sign in</button>
        {demo && (
          <button type="button" disabled={busy} onClick={() => void enter(demo)}>
            Look around as the demo merchant
          </button>
        )}
      </form>
      <p className="soft">
        The operator key is in <code>.payflow/endpoints.json</code>. The API is explained at{" "}
        <a href="/docs">/docs</a>, a <a href="/?start">first request</a> is there to copy.
      </p>
    </main>
  );
}
