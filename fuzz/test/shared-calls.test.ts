import { expect, test } from "vitest";
import { checkSharedCalls } from "../checks/shared-calls.ts";
import type { CallLine, Line, RecordLine } from "../lib/history.ts";
import { indexHistory } from "../lib/index-history.ts";
import { idOf, sampleLines, t0 } from "./sample-history.ts";

const [leaderId, followerId] = [idOf(6), idOf(7)];
const content = "[[same-1]] one two";

const event = (seq: number, type: RecordLine["history"][number]["type"], ms: number) => ({ seq, type, at: t0 + ms, model: "m" });

function record(id: string, more: Partial<RecordLine>): RecordLine {
  const at = t0 + 5_000;
  return {
    k: "record",
    id,
    state: "completed",
    model: "m",
    classRank: 2,
    priority: 2_500,
    seq: 6,
    epoch: 1,
    at,
    deadline: at + 10_000,
    maxWaitMs: 60_000,
    streamed: false,
    tenant: "red",
    attempts: [],
    history: [event(1, "queued", 5_000), event(2, "started", 5_005), event(3, "completed", 5_200)],
    settledAt: t0 + 5_200,
    content,
    modelUsed: "m",
    ...more,
  };
}

const call = (c: string, id: string, at: number, endAt: number): CallLine[] => {
  const line = { k: "call" as const, sim: "one", c, model: "m", id, marker: "same-1" };
  return [
    { ...line, at: t0 + at },
    { ...line, at: t0 + endAt, outcome: "completed" },
  ];
};

interface Shared {
  leader?: Partial<RecordLine>;
  follower?: Partial<RecordLine>;
  more?: Line[];
}

/** A request that follows another one, as `tampered` has it. */
function findings({ leader = {}, follower = {}, more = [] }: Shared): string[] {
  const submit = { k: "submit", p: "p0.1", at: t0 + 4_990, call: "enqueue", marker: "same-1", timeoutMs: 10_000, shared: true } as const;
  const how = { streamed: false, broken: "restart", tenant: "red" } as const;
  const queued: RecordLine["history"] = [
    { seq: 1, type: "queued", at: t0 + 5_010, model: "m", detail: { coalesced: leaderId } },
    { seq: 2, type: "completed", at: t0 + 5_200 },
  ];
  const lines: Line[] = [
    ...sampleLines(),
    { ...submit, ...how, n: "s1" },
    { ...submit, ...how, n: "s2" },
    record(leaderId, leader),
    record(followerId, { coalesced: true, history: queued, ...follower }),
    ...call("one.1.60", leaderId, 5_010, 5_190),
    ...more,
  ];
  return checkSharedCalls(indexHistory(lines)).violations.map(({ kind, detail }) => `${kind}: ${detail}`);
}

test("a shared call is no violation", () => {
  expect(findings({})).toEqual([]);
});

test("who shares a call and has one of its own is named", () => {
  expect(findings({ more: call("one.1.61", followerId, 5_191, 5_195) })).toEqual([expect.stringContaining("has a call of its own")]);
});

test("an answer that is not the leader's, or not of now, is named", () => {
  const named = [expect.stringContaining("no call of its tenant had just given")];
  expect(findings({ follower: { content: "[[same-1]] three" } })).toEqual(named);
  expect(findings({ follower: { settledAt: t0 + 9_000 } })).toEqual(named);
});

test("sharing across tenants is named", () => {
  expect(findings({ follower: { tenant: "green" } })).toContainEqual(expect.stringContaining("of another tenant"));
});

test("two calls at once for one prompt are named, unless a run ended without an answer before", () => {
  const second = record(idOf(8), { seq: 8 });
  const more = [second, ...call("one.1.62", second.id, 5_100, 5_180)];
  expect(findings({ more })).toEqual([expect.stringContaining("2 calls at once, of 1 allowed")]);
  const cancelled = {
    state: "cancelled",
    settledAt: t0 + 5_050,
    content: undefined,
    modelUsed: undefined,
  } as unknown as Partial<RecordLine>;
  const [queued, started] = record(leaderId, {}).history;
  const history = [queued, started, { seq: 3, type: "cancelled", at: t0 + 5_050 }] as RecordLine["history"];
  const follower = { coalesced: undefined } as unknown as Partial<RecordLine>;
  expect(findings({ leader: { ...cancelled, history }, follower, more })).toEqual([]);
});
