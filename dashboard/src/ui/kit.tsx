import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { localTime, words } from "./format";

const MARKS: Record<string, [string, string]> = {
  succeeded: ["good", "✓"], approved: ["good", "✓"], healthy: ["good", "✓"], closed: ["good", "✓"],
  failed: ["bad", "✕"], declined: ["bad", "✕"], error: ["bad", "✕"], down: ["bad", "✕"], open: ["bad", "✕"],
  authorized: ["wait", "◐"], requires_action: ["wait", "◐"], processing: ["wait", "…"],
  unknown: ["wait", "?"], degraded: ["wait", "!"], half_open: ["wait", "◐"],
};

/** A state as a word with a mark, so that colour never stands alone. */
export function State({ of }: { of: string | null }) {
  const state = of ?? "under way";
  const [tone, mark] = MARKS[state] ?? ["plain", "·"];
  return <span className={`state ${tone}`}><span aria-hidden="true">{mark}</span> {words(state)}</span>;
}

export function Time({ at }: { at: string }) {
  return <time dateTime={at} title={`${at} (UTC)`}>{localTime(at)}</time>;
}

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="stack">
      {Array.from({ length: rows }, (_, row) => <div key={row} className="skeleton" />)}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  return (
    <div role="alert" className="card stack">
      <p className="bad">✕ {known?.message ?? "Something failed in this page."}</p>
      {known?.requestId && <p className="soft">Request <code>{known.requestId}</code></p>}
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className="card empty">{children}</div>;
}

/** A table that scrolls by itself, also by keyboard, when the screen is narrow. */
export function Table({ label, heads, children }: { label: string; heads: ReactNode; children: ReactNode }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{heads}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
