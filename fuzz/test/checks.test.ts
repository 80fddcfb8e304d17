import { describe, expect, test } from "vitest";
import { judge } from "../checks/index.ts";
import type { Line, RecordLine } from "../lib/history.ts";
import { indexHistory } from "../lib/index-history.ts";
import { idOf, sampleLines, t0 } from "./sample-history.ts";

type Kind = Line["k"];
type Of<K extends Kind> = Extract<Line, { k: K }>;

/** The kinds of violation that a history has after `tamper` changed it. */
function kindsAfter(tamper: (lines: Line[]) => Line[] | void): string[] {
  const lines = sampleLines();
  const changed = tamper(lines) ?? lines;
  return [...new Set(judge(indexHistory(changed)).violations.map(({ kind }) => kind))];
}

function find<K extends Kind>(lines: Line[], k: K, matches: (line: Of<K>) => boolean = () => true): Of<K> {
  const line = lines.find((each): each is Of<K> => each.k === k && matches(each as Of<K>));
  if (!line) throw new Error(`the sample has no such ${k}`);
  return line;
}

const recordOf = (lines: Line[], n: number): RecordLine => find(lines, "record", ({ id }) => id === idOf(n));
const without = (lines: Line[], gone: Line): Line[] => lines.filter((line) => line !== gone);

test("a history in which all went well has no violation", () => {
  expect(judge(indexHistory(sampleLines()))).toEqual({ violations: [], rolledBack: 0 });
});

const tampered: Record<string, { is: string; tamper: (lines: Line[]) => Line[] | void }> = {
  "a record deleted": { is: "lost", tamper: (lines) => without(lines, recordOf(lines, 1)) },
  "an outcome deleted from the record": {
    is: "lost",
    tamper(lines) {
      Object.assign(recordOf(lines, 1), { state: "active", settledAt: undefined, content: undefined });
    },
  },
  "an outcome that nobody was given": {
    is: "unanswered",
    tamper: (lines) => [...without(lines, find(lines, "outcome")), { k: "waiting", p: "p0.1", r: "r1", at: t0 + 5_500, id: idOf(1) }],
  },
  "an outcome that came late": {
    is: "told-late",
    tamper(lines) {
      find(lines, "outcome").at += 4_000;
    },
  },
  "an outcome doubled": { is: "duplicated", tamper: (lines) => [...lines, { ...find(lines, "outcome"), at: t0 + 300 }] },
  "another outcome for a second reader": {
    is: "differing",
    tamper: (lines) => [
      ...lines,
      { k: "outcome", p: "p1.1", r: "attach", id: idOf(1), at: t0 + 300, state: "expired", code: "DEADLINE_EXCEEDED" },
    ],
  },
  "the answer of another prompt": {
    is: "wrong-answer",
    tamper(lines) {
      find(lines, "outcome").content = recordOf(lines, 1).content = "[[r2]] one two";
    },
  },
  "a second call after the answer": {
    is: "called-again",
    tamper: (lines) => [...lines, { ...find(lines, "call"), c: "one.1.90", at: t0 + 700 }],
  },
  "one submission under two ids": {
    is: "doubled",
    tamper: (lines) => [...lines, { ...find(lines, "call"), c: "one.1.90", id: "c1.other", at: t0 + 4_900 }],
  },
  "a grant moved into an open window": {
    is: "open-breaker",
    tamper(lines) {
      const started = recordOf(lines, 4).history[1];
      if (started) started.at = t0 + 1_500;
    },
  },
  "a call moved into an open window": {
    is: "open-breaker",
    tamper(lines) {
      find(lines, "call", ({ id, outcome }) => id === idOf(4) && outcome === undefined).at = t0 + 1_101;
    },
  },
  "two probes at once": {
    is: "probes",
    tamper(lines) {
      for (const n of [4, 5]) {
        const record = recordOf(lines, n);
        record.at = t0 + 2_000;
        record.history[0] = { seq: 1, type: "queued", at: t0 + 2_000, model: "m" };
        record.history[1] = { seq: 2, type: "started", at: t0 + 2_100 + n, model: "m", detail: { breaker: "half-open" } };
      }
    },
  },
  "a bound exceeded by one": {
    is: "depth",
    tamper(lines) {
      find(lines, "sample").models = { m: [4, 3, 1, 1] };
    },
  },
  "a concurrency exceeded by one, in Redis": {
    is: "concurrency",
    tamper(lines) {
      find(lines, "sample").models = { m: [3, 3, 2, 1] };
    },
  },
  "a concurrency exceeded by one, at the model": {
    is: "concurrency",
    tamper(lines) {
      const started = recordOf(lines, 3).history[1];
      if (started) started.at = t0 + 100;
      find(lines, "call", ({ id, outcome }) => id === idOf(3) && outcome === undefined).at = t0 + 102;
    },
  },
  "a rate exceeded by one": {
    is: "rpm",
    tamper: (lines) => [...lines, { ...find(lines, "call"), c: "one.1.90", id: null, marker: "r9", at: t0 + 59_000 }],
  },
  "a delta dropped": {
    is: "missing-delta",
    tamper: (lines) =>
      without(
        lines,
        find(lines, "seen", ({ seq }) => seq === 4),
      ),
  },
  "a delta doubled": { is: "repeated-delta", tamper: (lines) => [...lines, find(lines, "seen", ({ seq }) => seq === 4)] },
  "a delta with another text": {
    is: "missing-delta",
    tamper(lines) {
      find(lines, "seen", ({ seq }) => seq === 4).text = " uno";
    },
  },
  "a restart that nobody asked for": {
    is: "restart",
    tamper(lines) {
      Object.assign(
        find(lines, "seen", ({ seq }) => seq === 3),
        { restart: true, text: "" },
      );
      find(lines, "seen", ({ seq }) => seq === 4).text = "[[r4]] one";
    },
  },
  "an order swapped": {
    is: "order",
    tamper(lines) {
      const [low, critical] = [recordOf(lines, 2).history, recordOf(lines, 3).history];
      const times = [low, critical].map((history) => history.slice(1).map(({ at = 0 }) => at));
      for (const [i, event] of low.slice(1).entries()) event.at = times[1]?.[i] ?? 0;
      for (const [i, event] of critical.slice(1).entries()) event.at = times[0]?.[i] ?? 0;
    },
  },
  "an overdue job passed over": {
    is: "order",
    tamper(lines) {
      recordOf(lines, 3).priority = 2_500;
      recordOf(lines, 2).maxWaitMs = 100;
    },
  },
  "a key that ran again after a success": {
    is: "idempotency",
    tamper(lines) {
      find(lines, "accepted", ({ n }) => n === "again").id = idOf(6);
      lines.push({ ...recordOf(lines, 5), id: idOf(6), seq: 6, at: t0 + 4_500, settledAt: t0 + 4_900 });
    },
  },
  "a key that ran again after a success, and its caller was told no id": {
    is: "idempotency",
    tamper(lines) {
      const call = find(lines, "call", ({ id }) => id === idOf(5));
      lines.push({ ...recordOf(lines, 5), id: idOf(6), seq: 6, at: t0 + 4_500, settledAt: t0 + 4_900 });
      lines.push({ ...call, c: "one.1.95", id: idOf(6), at: t0 + 4_600 });
    },
  },
  "a gateway that failed": {
    is: "unanswered",
    tamper: (lines) => [...lines, { k: "refused", p: "p0.1", n: "r1", at: t0, code: "INTERNAL The gateway failed." }],
  },
  "a key that was given another prompt's request": {
    is: "idempotency",
    tamper(lines) {
      find(lines, "submit", ({ n }) => n === "again").marker = "r6";
    },
  },
  "a budget overrun": {
    is: "budget",
    tamper(lines) {
      recordOf(lines, 2).deadline = t0 - 500;
    },
  },
  "a counter too high": {
    is: "stats",
    tamper(lines) {
      find(lines, "stats").fields["n:completed:0:m"] = "2";
    },
  },
  "a record that stays for ever": {
    is: "keys",
    tamper(lines) {
      find(lines, "key", ({ key }) => key.includes(":r:")).ttl = -1;
    },
  },
  "a job left in a queue": {
    is: "leftover",
    tamper: (lines) => [...lines, { k: "key", key: "{fuzz}:model-m:active", type: "list", ttl: -1, size: 1 }],
  },
};

describe("a tampered history is named for what it is", () => {
  for (const [name, { is, tamper }] of Object.entries(tampered)) {
    test(`${name}: ${is}`, () => {
      expect(kindsAfter(tamper)).toContain(is);
    });
  }
});

const killed = (at: number): Line => ({ k: "process", name: "redis", role: "redis", what: "killed", at });
const deadProducer: Line = { k: "process", name: "p0.1", role: "producer", what: "killed", at: t0 + 700 };
const lose = (lines: Line[], ...more: Line[]): Line[] => [...without(lines, recordOf(lines, 1)), ...more];

const unbooked = (...more: Line[]): Line[] => {
  const lines = lose(sampleLines(), ...more);
  Object.assign(find(lines, "outcome"), { cached: true });
  return lines;
};

describe("an answer of the cache that was given and not booked", () => {
  test("is not lost when the process that gave it died", () => {
    expect(judge(indexHistory(unbooked(deadProducer))).violations.map(({ kind }) => kind)).not.toContain("lost");
  });

  test("is lost when that process lives", () => {
    expect(kindsAfter(() => unbooked())).toContain("lost");
  });
});

describe("what Redis's own death may take back", () => {
  test("an acceptance of 2 s before, whose producer died too, is rolled back and not lost", () => {
    const { violations, rolledBack } = judge(indexHistory(lose(sampleLines(), killed(t0 + 600), deadProducer)));
    expect(rolledBack).toBe(1);
    expect(violations.map(({ kind }) => kind)).not.toContain("lost");
  });

  test("the same with a producer that lives is lost: it submits again", () => {
    expect(kindsAfter((lines) => lose(lines, killed(t0 + 600)))).toContain("lost");
  });

  test("an acceptance of longer before is lost", () => {
    expect(kindsAfter((lines) => lose(lines, killed(t0 + 2_600), deadProducer))).toContain("lost");
  });

  test("with appendfsync always there is no exemption", () => {
    const lines = lose(sampleLines(), killed(t0 + 600), deadProducer);
    find(lines, "run").fsync = "always";
    expect(kindsAfter(() => lines)).toContain("lost");
  });

  test("an outcome that was taken back and made again is rolled back", () => {
    const lines = sampleLines();
    Object.assign(find(lines, "outcome"), { content: "[[r1]] another answer" });
    const { violations, rolledBack } = judge(indexHistory([...lines, killed(t0 + 600)]));
    expect({ violations, rolledBack }).toEqual({ violations: [], rolledBack: 1 });
  });
});
