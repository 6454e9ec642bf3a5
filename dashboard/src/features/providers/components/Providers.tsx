import { useState } from "react";
import { milliseconds } from "../../../ui/format";
import { Empty, Failed, Loading, State, Table, Time } from "../../../ui/kit";
import { type Faults, type Provider, useFaults, useProviders } from "../api/providers";
import { summaryOf } from "../summary";

const WAYS: Record<string, Faults> = {
  outage: { outage: true },
  "brownout, half fail": { failure_rate: 0.5 },
  "slow, ten times": { latency_multiplier: 10 },
  "one in five responses lost": { lost_response_rate: 0.2 },
};
const DURATIONS_S = [60, 300, 1800];

export function Providers() {
  const providers = useProviders();
  const heads = <><th>Provider</th><th>Method</th><th>Breaker</th><th className="number">Technical success</th><th className="number">Approved</th><th className="number">Latency</th><th className="number">Calls</th><th>Faults</th></>;
  return (
    <main>
      <h1>Providers</h1>
      {providers.isPending && <Loading />}
      {providers.isError && <Failed error={providers.error} retry={() => void providers.refetch()} />}
      {providers.data?.data.length === 0 && <Empty>No provider is configured: see <code>config/providers.json</code>.</Empty>}
      {providers.data && providers.data.data.length > 0 && (
        <>
          <p aria-live="polite">{summaryOf(providers.data.data)}</p>
          <Table label="Providers" heads={heads}>
            {providers.data.data.map((provider) => <Row key={provider.id} provider={provider} />)}
          </Table>
        </>
      )}
    </main>
  );
}

function Row({ provider: { id, type, health, faults } }: { provider: Provider }) {
  return (
    <tr>
      <td><strong>{id}</strong></td>
      <td>{String(type)}</td>
      <td><State of={health.breaker} />{health.open_until && <> until <Time at={health.open_until} /></>}</td>
      <td className="number">{share(health.success_rate)}</td>
      <td className="number">{share(health.approval_rate)}</td>
      <td className="number">{milliseconds(health.latency_ms === null ? null : Math.round(health.latency_ms))}</td>
      <td className="number">{health.calls}</td>
      <td><FaultControls id={id} faults={faults} /></td>
    </tr>
  );
}

function FaultControls({ id, faults }: { id: string; faults: Provider["faults"] }) {
  const [way, setWay] = useState("outage");
  const [seconds, setSeconds] = useState(DURATIONS_S[0]!);
  const change = useFaults(id);
  const refused = change.isError && <span role="alert" className="bad">✕ {change.error.message}</span>;
  if (faults !== null) {
    return (
      <span className="row">
        <span className="wait">! broken{faults.until && <> until <Time at={faults.until} /></>}</span>
        <button type="button" disabled={change.isPending} aria-label={`Mend ${id}`} onClick={() => change.mutate(null)}>Mend</button>
        {refused}
      </span>
    );
  }
  return (
    <span className="row">
      <select aria-label={`How to break ${id}`} value={way} onChange={(event) => setWay(event.target.value)}>
        {Object.keys(WAYS).map((name) => <option key={name}>{name}</option>)}
      </select>
      <select aria-label={`For how long to break ${id}`} value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
        {DURATIONS_S.map((duration) => <option key={duration} value={duration}>{duration / 60} min</option>)}
      </select>
      <button type="button" disabled={change.isPending} aria-label={`Break ${id}`} onClick={() => change.mutate({ ...WAYS[way], duration_s: seconds })}>Break</button>
      {refused}
    </span>
  );
}

function share(rate: number | null): string {
  return rate === null ? "–" : `${(rate * 100).toFixed(1)} %`;
}
