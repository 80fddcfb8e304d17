import { setTimeout as delay } from "node:timers/promises";
import { createKeys, type Outcome } from "@llm-router/contracts";
import type { JobHandle } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, type RedisAccess } from "@llm-router/testkit";
import { expect } from "vitest";
import { permanentKeys, transientKeys } from "../../fuzz/checks/permanent-keys.ts";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

interface Key {
  /** Without the namespace. */
  part: string;
  /** ms; -1: none. */
  ttlMs: number;
}

async function readKeys({ admin, namespace }: RedisAccess): Promise<Key[]> {
  const prefix = `{${namespace}}:`;
  const keys: Key[] = [];
  for await (const batch of admin.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>) {
    for (const key of batch) keys.push({ part: key.slice(prefix.length), ttlMs: await admin.pttl(key) });
  }
  return keys;
}

const hour = 3_600_000;
/** The longest that a key of each kind may stay, by docs/configuration.md's defaults. */
const retention: readonly [RegExp, number][] = [
  [/^r:/, 7 * 24 * hour], // a failed request: deadLetterTtlMs
  [/^st:/, 600_000], // streamTtlMs
  [/^ik:/, 24 * hour], // idempotencyTtlMs
  [/^xv?:/, 24 * hour], // cache.ttlHours
  [/^xr:/, hour], // a semantic hit, as long as its outcome
  [/^c:/, 60_000], // a client's heartbeat
  [/^r[tk]:/, 2 * 61_000], // two windows of a rate
  [/^reaper$/, 500],
  [/^mover$/, 500], // the lease of who looks for jobs to move
  [/:lock$/, 6_000],
  [/^of:/, 60_000], // offers of workers that wait
  [/^go:/, 6_000], // what they were given, and have not read
];

/** A choice that the seed makes, the same in every run. */
function seeded(seed: number): (count: number) => number {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

redisTest(
  "after a storm nothing is left: no lease, reservation, counter or job, and each key has its time or its place on the list",
  async ({ redis }) => {
    await using simulator = await startSimulator({
      latencyMs: 40,
      tokens: 4,
      perModel: {
        shaky: { errorRate: 0.5 },
        limited: { outage: { mode: "rate-limit", retryAfterSeconds: 1, next: 2 } },
        wrong: { outage: { mode: "status", status: 400 } },
      },
    });
    const of = (model: string, more = {}) => ({ provider: "openai", model, baseUrl: `${simulator.url}/v1`, concurrency: 4, ...more });
    await using cluster = await startCluster({
      redis,
      workers: 3,
      config: {
        models: {
          shaky: of("shaky", { maxQueueDepth: 40 }),
          limited: of("limited", { rpm: 5_000 }),
          steady: of("steady", { rpm: 6_000, tpm: 1_000_000 }),
          wrong: of("wrong"),
        },
        routes: {
          high: { targets: ["shaky", "limited"], fallback: ["steady"], strategy: "least-depth" },
          normal: { targets: ["limited"], fallback: ["shaky", "steady"] },
          low: { targets: ["shaky"], maxAttempts: 2 },
          critical: { targets: ["steady"] },
        },
        breaker: { failureThreshold: 3, recoveryTimeoutMs: 300, successThreshold: 2 },
      },
    });
    const { client } = cluster;
    const keys = createKeys(redis.namespace);
    const pick = seeded(7);
    const outcomes: Promise<Outcome>[] = [];
    let refused = 0;
    const submit = async (n: number): Promise<JobHandle | undefined> => {
      const priority = ["CRITICAL", "HIGH", "NORMAL", "LOW"][pick(4)] ?? "NORMAL";
      const timeoutMs = pick(6) === 0 ? 100 + pick(600) : 60_000;
      const key = pick(8) === 0 ? { idempotencyKey: `k${n}` } : {};
      const model = pick(12) === 0 ? { model: "wrong" } : {};
      try {
        return await client.enqueue({ prompt: `[[s${n}]]`, priority, timeoutMs, stream: pick(2) === 0, ...key, ...model });
      } catch {
        refused += 1;
        return undefined;
      }
    };
    for (let n = 0; n < 400; n++) {
      const job = await submit(n);
      if (!job) continue;
      outcomes.push(job.outcome());
      if (pick(8) === 0) void delay(pick(200)).then(() => job.cancel());
      if (n === 120) await cluster.workers[0]?.kill9();
      if (n === 200) await simulator.control({ perModel: { shaky: { outage: "status" } } });
      if (n === 300) await simulator.control({ perModel: { shaky: { outage: null, errorRate: 0.2 } } });
    }
    const ends = await Promise.all(outcomes);
    const count = (state: Outcome["state"]) => ends.filter((end) => end.state === state).length;
    const seen = (["completed", "failed", "cancelled", "expired"] as const).filter((state) => count(state) > 0);
    expect(seen).toEqual(["completed", "failed", "cancelled", "expired"]);

    // Runs that were aborted give up their slots; the dead worker's locks end, and its jobs are dropped.
    await eventually(
      async () => {
        expect((await readKeys(redis)).filter(({ part }) => transientKeys.some((pattern) => pattern.test(part)))).toEqual([]);
        expect((await client.getModelStatus()).map(({ queueDepth }) => queueDepth)).toEqual([0, 0, 0, 0]);
      },
      { timeoutMs: 20_000, intervalMs: 100 },
    );
    const stats = await client.getStats();
    expect(stats).toMatchObject({
      accepted: ends.length,
      refused,
      totalRequests: ends.length,
      successes: count("completed"),
      failures: count("failed"),
      cancelled: count("cancelled"),
      expired: count("expired"),
    });
    expect(Object.values(stats.requestsByPriority).reduce((sum, each) => sum + each, 0)).toBe(ends.length);
    expect(Object.values(stats.requestsByModel).reduce((sum, each) => sum + each, 0)).toBe(count("completed"));

    // Leases of probes end with their time at the latest, and reservations with their window: make it pass.
    for (const model of ["shaky", "limited", "steady"]) {
      expect([model, await redis.admin.zcard(`{${redis.namespace}}:pb:${model}`)]).toEqual([model, 0]);
      const starts = `{${redis.namespace}}:rt:${model}`;
      for (const member of await redis.admin.zrange(starts, 0, "-1")) await redis.admin.zincrby(starts, -62_000, member);
    }
    for (const model of ["limited", "steady"]) {
      await client.generate({ prompt: "[[after]]", model });
      const [starts, tokens] = [
        await redis.admin.zcard(`{${redis.namespace}}:rt:${model}`),
        await redis.admin.hlen(`{${redis.namespace}}:rk:${model}`),
      ];
      expect([model, starts, tokens]).toEqual([model, 1, model === "steady" ? 1 : 0]);
    }
    // What the last call used (3 tokens of prompt, 4 of answer) is all that still counts.
    expect(Number(await redis.admin.hget(keys.model("steady"), "tk"))).toBeLessThan(20);

    const left = await readKeys(redis);
    expect(left.filter(({ part, ttlMs }) => ttlMs === -1 && !permanentKeys.some((pattern) => pattern.test(part)))).toEqual([]);
    const tooLong = left.filter(({ part, ttlMs }) => {
      const [, limitMs] = retention.find(([pattern]) => pattern.test(part)) ?? [];
      return ttlMs >= 0 && (limitMs === undefined || ttlMs > limitMs);
    });
    expect(tooLong).toEqual([]);
  },
);
