import { expect, test } from "vitest";
import { summaryOf } from "./summary";

const provider = (id: string, breaker: "closed" | "open" | "half_open") => ({
  id,
  health: { breaker, open_until: null, success_rate: null, approval_rate: null, latency_ms: null, calls: 0 },
  faults: null,
});

test("a line says that nothing is wrong", () => {
  expect(summaryOf([provider("mockCardA", "closed")])).toBe("All providers take traffic.");
});

test("a line names who is out and who is tried again", () => {
  const line = summaryOf([provider("mockCardA", "open"), provider("mockUpiA", "half_open")]);

  expect(line).toBe("Out of traffic: mockCardA; being tried again: mockUpiA.");
});
