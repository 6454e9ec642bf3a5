import { expect, test } from "vitest";
import { errorOf, queryOf } from "./client";

test("an answer that is not the API's is still an error with its status", () => {
  expect(errorOf(502, "<html>")).toMatchObject({ status: 502, code: "unreadable" });
});

test("the API's own words are kept", () => {
  const text = JSON.stringify({ error: { code: "amount_too_small", message: "Too small.", request_id: "req_1" } });

  expect(errorOf(422, text)).toMatchObject({ code: "amount_too_small", message: "Too small.", requestId: "req_1" });
});

test("a filter that is empty is not sent", () => {
  expect(queryOf({ status: "failed", provider: "", cursor: undefined, limit: 5 })).toBe("?status=failed&limit=5");
});
