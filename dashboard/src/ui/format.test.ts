import { expect, test } from "vitest";
import { milliseconds, money } from "./format";

test("an amount is shown in major units, by the digits that its currency has", () => {
  expect(money(125_000, "INR")).toBe("INR 1,250.00");
  expect(money(500, "JPY")).toBe("JPY 500");
  expect(money(1_500, "KWD")).toBe("KWD 1.500");
});

test("a latency that is not known is not zero", () => {
  expect(milliseconds(null)).toBe("–");
  expect(milliseconds(412)).toBe("412 ms");
  expect(milliseconds(8_000)).toBe("8.0 s");
});
