import type { Attempt, Event, Outcome } from "@llm-router/client";
import { expect, test } from "vitest";
import { audit, type LoggedCall, type Trail } from "../audit.ts";

const lost: Attempt = { model: "a", waitMs: 0, runMs: 1, outcome: "worker-lost", breaker: "closed" };
const answered = (model: string): Attempt => ({ model, waitMs: 0, runMs: 1, outcome: "completed", breaker: "closed" });

function trail(id: string, attempts: Attempt[], ends: Event["type"][] = ["completed"]): Trail {
  const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2 };
  const result = {
    id,
    content: "x",
    modelUsed: "a",
    success: true,
    latencyMs: 1,
    waitMs: 0,
    usage,
    finishReason: "stop",
    attempts,
  } as const;
  const outcome: Outcome = { state: "completed", id, result: { ...result, skipped: [], cached: false, coalesced: false } };
  return { id, outcome, endedAt: 1_000, history: ["queued" as const, ...ends].map((type, seq) => ({ type, seq })) };
}

function call(requestId: string, server = "a", receivedAt = 900, finished = true): LoggedCall {
  return { requestId, server, receivedAt, finished };
}

test("one end and one finished call is as it should be, also after failed calls", () => {
  expect(audit([trail("1", [answered("a")])], [call("1"), call("1", "b", 800, false)])).toEqual({ duplicated: [], paidTwice: 0 });
});

test("a call that begins after the caller was told is a duplicate", () => {
  expect(audit([trail("1", [answered("a")])], [call("1"), call("1", "a", 1_001, false)]).duplicated).toEqual(["1"]);
});

test("a second finished call is a duplicate, also of one that the killed server did not log", () => {
  expect(audit([trail("1", [answered("a")])], [call("1"), call("1", "b")]).duplicated).toEqual(["1"]);
  expect(audit([trail("1", [answered("a")])], [call("1", "b")]).duplicated).toEqual(["1"]);
});

test("a second finished call after a lost worker was paid twice, and is no duplicate", () => {
  expect(audit([trail("1", [lost, answered("a")])], [call("1"), call("1")])).toEqual({ duplicated: [], paidTwice: 1 });
});

test("a second end, or none, is a duplicate", () => {
  const twice = trail("1", [answered("a")], ["completed", "expired"]);
  const never = trail("2", [answered("a")], []);
  expect(audit([twice, never], [call("1"), call("2")]).duplicated).toEqual(["1", "2"]);
});
