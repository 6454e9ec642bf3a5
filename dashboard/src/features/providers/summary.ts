import type { Provider } from "./api/providers";

/** One line of state in words: which providers are out, which are broken on purpose. */
export function summaryOf(providers: readonly Pick<Provider, "id" | "health" | "faults">[]): string {
  const out = providers.filter(({ health }) => health.breaker === "open").map(({ id }) => id);
  const probed = providers.filter(({ health }) => health.breaker === "half_open").map(({ id }) => id);
  const broken = providers.filter(({ faults }) => faults !== null).map(({ id }) => id);
  const parts = [
    out.length > 0 ? `Out of traffic: ${out.join(", ")}` : "",
    probed.length > 0 ? `being tried again: ${probed.join(", ")}` : "",
    broken.length > 0 ? `broken on purpose: ${broken.join(", ")}` : "",
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join("; ")}.` : "All providers take traffic.";
}
