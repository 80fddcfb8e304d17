import type { Event } from "@llm-router/contracts";
import type { Line, RecordLine } from "../lib/history.ts";

/** When the sample begins, ms since the epoch. */
export const t0 = 1_800_000_000_000;
export const idOf = (n: number): string => `c1.00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

const event = (seq: number, type: Event["type"], at: number, more: Partial<Event> = {}): Event => ({
  seq,
  type,
  at: t0 + at,
  model: "m",
  ...more,
});

function record(
  n: number,
  {
    at,
    started,
    ended,
    priority = 2_500,
    streamed = false,
  }: { at: number; started: number; ended: number; priority?: number; streamed?: boolean },
): RecordLine {
  const last = streamed ? 6 : 3;
  return {
    k: "record",
    id: idOf(n),
    state: "completed",
    model: "m",
    classRank: Math.floor(priority / 1_000),
    priority,
    seq: n,
    epoch: 1,
    at: t0 + at,
    deadline: t0 + at + 10_000,
    maxWaitMs: priority < 1_000 ? 0 : 60_000,
    streamed,
    attempts: [],
    history: [
      event(1, "queued", at),
      event(2, "started", started, { detail: { epoch: 1, breaker: "closed" } }),
      event(last, "completed", ended),
    ],
    settledAt: t0 + ended,
    content: `[[r${n}]] one two`,
    modelUsed: "m",
  };
}

/**
 * A history without a fault, of a model `m` that runs one at a time and has a bound of 3. Request 1 runs at once, 2 (LOW) and 3 (CRITICAL) wait meanwhile, 3 goes
 * first; 4 is streamed; 5 is idempotent, and its repetition shares its outcome. Between 3 and 4 the breaker opens and closes again.
 */
export function sampleLines(): Line[] {
  const records = [
    record(1, { at: 0, started: 5, ended: 200 }),
    record(2, { at: 10, started: 400, ended: 600, priority: 3_500 }),
    record(3, { at: 20, started: 201, ended: 399, priority: 500 }),
    record(4, { at: 3_000, started: 3_005, ended: 3_200, streamed: true }),
    record(5, { at: 4_000, started: 4_005, ended: 4_200 }),
  ];
  const lines: Line[] = [
    {
      k: "run",
      seed: 1,
      minutes: 0.1,
      fsync: "everysec",
      namespace: "fuzz",
      at: t0,
      drainAt: t0 + 5_000,
      endAt: t0 + 6_000,
      rpm: { m: 5 },
      halfOpenProbes: 1,
    },
    { k: "process", name: "p0.1", role: "producer", what: "started", at: t0 - 100 },
  ];
  for (const [i, { id, at, settledAt = 0, history, content = "", streamed }] of records.entries()) {
    const n = `r${i + 1}`;
    const key = i === 4 ? { key: "k" } : {};
    const common = { p: "p0.1", n } as const;
    lines.push({
      k: "submit",
      ...common,
      at: at - 2,
      call: streamed ? "events" : "enqueue",
      marker: n,
      timeoutMs: 10_000,
      streamed,
      broken: "error",
      tenant: "t",
      ...key,
    });
    lines.push({ k: "accepted", ...common, at: at + 1, id });
    lines.push({ k: "outcome", p: "p0.1", r: n, id, at: settledAt + 1, state: "completed", content });
    const call = { k: "call" as const, sim: "one", c: `one.1.${i}`, model: "m", id, marker: n };
    const startedAt = history[1]?.at ?? 0;
    lines.push({ ...call, at: startedAt + 2 }, { ...call, at: settledAt - 2, outcome: "completed" });
  }
  lines.push(
    {
      k: "submit",
      p: "p0.1",
      n: "again",
      at: t0 + 4_010,
      call: "enqueue",
      marker: "r5",
      timeoutMs: 10_000,
      streamed: false,
      broken: "restart",
      tenant: "t",
      key: "k",
    },
    { k: "accepted", p: "p0.1", n: "again", at: t0 + 4_011, id: idOf(5) },
    { k: "outcome", p: "p0.1", r: "again", id: idOf(5), at: t0 + 4_201, state: "completed", content: "[[r5]] one two" },
  );
  const types = ["queued", "started", "delta", "delta", "delta", "completed"];
  const texts = ["", "", "[[r4]]", " one", " two", ""];
  for (const [i, type] of types.entries()) {
    const delta = type === "delta" ? { epoch: 1, text: texts[i] ?? "" } : {};
    lines.push({ k: "seen", p: "p0.1", r: "r4/events1", id: idOf(4), at: t0 + 3_010 + i, seq: i + 1, type, all: true, ...delta });
  }
  lines.push(
    { k: "sample", at: t0 + 50, open: 3, models: { m: [3, 3, 1, 1] } },
    { k: "sample", at: t0 + 500, open: 1, models: { m: [1, 3, 1, 1] } },
    { k: "breaker", entry: "1-0", model: "m", state: "open", at: t0 + 1_000 },
    { k: "breaker", entry: "2-0", model: "m", state: "half-open", at: t0 + 2_000 },
    { k: "breaker", entry: "3-0", model: "m", state: "closed", at: t0 + 2_500 },
    ...records,
    {
      k: "stats",
      fields: { accepted: "5", "n:completed:0:m": "1", "n:completed:2:m": "3", "n:completed:3:m": "1", "opened:m": "1" },
    },
    { k: "key", key: "{fuzz}:stats", type: "hash", ttl: -1, size: 6 },
    { k: "key", key: `{fuzz}:r:${idOf(1)}`, type: "hash", ttl: 3_600_000, size: 30 },
  );
  return lines;
}
