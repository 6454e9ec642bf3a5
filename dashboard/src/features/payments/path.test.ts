import { expect, test } from "vitest";
import { advice, pathOf } from "./path";

const attempt = {
  id: "att_1", number: 1, operation: "authorize" as const, provider: "mockCardA", outcome: null,
  code: null, category: null, provider_code: null, provider_reference: null,
  started_at: "2026-01-01T00:00:00Z", latency_ms: null,
};

test("a call without an answer is neither good nor bad", () => {
  expect(pathOf([attempt])[0]?.tone).toBe("wait");
});

test("a lost response is neither good nor bad, and a decline is bad", () => {
  const tones = pathOf([{ ...attempt, outcome: "unknown" }, { ...attempt, outcome: "declined" }]).map((node) => node.tone);

  expect(tones).toEqual(["wait", "bad"]);
});

test("a failure of the provider says that nothing was charged", () => {
  expect(advice("provider_technical")).toContain("Nothing was charged");
});
