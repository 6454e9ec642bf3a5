import { words } from "../../ui/format";
import type { Payment } from "./api/payments";

type Attempt = Payment["attempts"][number];
type Tone = "good" | "bad" | "wait";

const TONES: Record<string, Tone> = { approved: "good", declined: "bad", error: "bad", not_found: "bad" };
const BLAME: Record<string, string> = {
  customer: "The customer must use another way to pay, or mend what they entered.",
  issuer: "The customer's bank refused. Another card or a later try may work.",
  provider_technical: "The provider failed. Nothing was charged; trying again is safe.",
  rate_limited: "The provider takes no more calls now. Try again later.",
  unknown: "Nobody said what happened. PayFlow goes on asking.",
  configuration: "An operator must mend how the provider is set up.",
  fraud: "The payment looks like fraud. Do not repeat it.",
};

export interface Node {
  id: string;
  title: string;
  provider: string;
  outcome: string | null;
  detail: string;
  latencyMs: number | null;
  tone: Tone;
}

/** The calls that a payment made, in order, as nodes of its picture. */
export function pathOf(attempts: readonly Attempt[]): Node[] {
  return attempts.map((attempt) => ({
    id: attempt.id,
    title: words(attempt.operation),
    provider: attempt.provider,
    outcome: attempt.outcome,
    detail: attempt.code ? words(attempt.code) : "",
    latencyMs: attempt.latency_ms,
    tone: TONES[attempt.outcome ?? ""] ?? "wait",
  }));
}

/** Whose fault a failure is, and what to do about it. */
export function advice(category: string): string {
  return BLAME[category] ?? "";
}
