import { connectAdmin, redisTest, removeNamespace } from "@llm-router/testkit";
import * as fc from "fast-check";
import { describe, expect } from "vitest";
import type { Run } from "../src/index.ts";
import { openQueues, queuesOn, type QueueFixture, toCandidates } from "./queue-fixture.ts";

interface Breaker {
  state: "closed" | "open" | "half-open";
  epoch: number;
  failures: number;
  successes: number;
}

interface Settings {
  failureThreshold: number;
  successThreshold: number;
  halfOpenProbes: number;
}

/** What issue item 6 says of a result, granted in `grantEpoch`. */
function counted(
  breaker: Breaker,
  { failureThreshold, successThreshold }: Settings,
  grantEpoch: number,
  result: "ok" | "fail" | "none",
): Breaker {
  if (grantEpoch !== breaker.epoch || result === "none") return breaker;
  const change = (state: Breaker["state"], failures: number): Breaker => ({ state, epoch: breaker.epoch + 1, failures, successes: 0 });
  if (result === "ok") {
    if (breaker.state !== "half-open") return { ...breaker, failures: 0 };
    const successes = breaker.successes + 1;
    return successes === successThreshold ? change("closed", 0) : { ...breaker, successes };
  }
  const failures = breaker.failures + 1;
  return breaker.state === "half-open" || failures >= failureThreshold ? change("open", failures) : { ...breaker, failures };
}

async function readBreaker({ admin, keys }: QueueFixture): Promise<Breaker> {
  const [state, epoch, failures, successes] = await admin.hmget(keys.model("a"), "bs", "be", "bc", "bk");
  return { state: (state ?? "closed") as Breaker["state"], epoch: Number(epoch), failures: Number(failures), successes: Number(successes) };
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: "take" as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      which: fc.nat(20),
      result: fc.constantFrom("ok", "fail", "fail", "none"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "recover" as const }) },
);

redisTest("the counters walk as the model does, whatever ends in which order, in which epoch it was granted", async ({ redis }) => {
  await using opened = await openQueues(redis);
  let round = 0;
  const settings = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 4 }),
    successThreshold: fc.integer({ min: 1, max: 4 }),
    halfOpenProbes: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { minLength: 5, maxLength: 60 }), async (limits, steps) => {
      const queues = queuesOn(opened.context.redis, { ...redis, namespace: `${redis.namespace}-${++round}` });
      await queues.model("a", { concurrency: 100, breaker: { ...limits, recoveryTimeoutMs: 3_600_000 } });
      await Promise.all(steps.map((_, i) => queues.place(`j${i}`)));
      let breaker: Breaker = { state: "closed", epoch: 0, failures: 0, successes: 0 };
      let recovered = false;
      const runs: { run: Run; epoch: number }[] = [];
      for (const { kind, ...rest } of steps) {
        if (kind === "recover") {
          recovered = true;
          if (breaker.state === "open") await queues.admin.hset(queues.keys.model("a"), "bo", 0);
        } else if (kind === "take") {
          if (breaker.state === "open" && recovered) breaker = { ...breaker, state: "half-open", epoch: breaker.epoch + 1, successes: 0 };
          const probes = Math.min(limits.halfOpenProbes, limits.successThreshold - breaker.successes);
          const probing = runs.filter(({ epoch }) => epoch === breaker.epoch).length;
          const may = breaker.state === "closed" || (breaker.state === "half-open" && probing < probes);
          const { run } = await queues.fetch("a", { lockMs: 60_000 });
          expect(run?.breaker).toBe(may ? breaker.state : undefined);
          if (run) runs.push({ run, epoch: breaker.epoch });
        } else if ("which" in rest && runs.length > 0) {
          const [taken] = runs.splice(rest.which % runs.length, 1);
          if (!taken) continue;
          const result = rest.result;
          const mode = ({ ok: "complete", fail: "fail", none: "release" } as const)[result];
          const before = breaker.state;
          breaker = counted(breaker, limits, taken.epoch, result);
          if (breaker.state === "open" && before !== "open") recovered = false;
          const { opened: opens } = await queues.finish(taken.run, { mode, breaker: result, json: '{"state":"failed"}' });
          expect(opens).toBe(breaker.state === "open" && before !== "open");
        }
        expect(await readBreaker(queues)).toEqual(breaker);
        expect(await queues.admin.sismember(`${queues.keys.prefix}:blocked`, "a")).toBe(breaker.state === "closed" ? 0 : 1);
      }
      await removeNamespace(redis.admin, queues.keys.namespace);
    }),
    { numRuns: 40 },
  );
});

async function openBreaker(queues: QueueFixture, breaker: Record<string, number>): Promise<void> {
  await queues.model("a", { concurrency: 10, breaker: { failureThreshold: 1, ...breaker } });
  await queues.place("first");
  const run = await queues.take("a");
  for (const id of ["p1", "p2", "p3", "p4", "p5"]) await queues.place(id);
  await queues.finish(run, { mode: "fail", breaker: "fail", json: '{"state":"failed"}' });
}

describe("an open breaker", () => {
  redisTest("gives out no job until its recovery time has passed on Redis's clock, and then probes", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await openBreaker(queues, { recoveryTimeoutMs: 120 });
    const { run, retryInMs = 0 } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeGreaterThan(0);
    expect(retryInMs).toBeLessThanOrEqual(120);
    const openedAt = Number(await queues.admin.hget(queues.keys.model("a"), "bo"));
    let probe: Run | undefined;
    while (!probe) ({ run: probe } = await queues.fetch("a"));
    expect(probe.breaker).toBe("half-open");
    const startedAt = Number((await queues.record(probe.id))["ga"]);
    expect(startedAt - openedAt).toBeGreaterThanOrEqual(120);
  });

  redisTest("tells every change on the control channel and in the stream, with its epoch", async ({ redis }) => {
    await using queues = await openQueues(redis);
    const listener = connectAdmin(queues.url);
    const messages: string[] = [];
    const heard = new Promise<void>((resolve) => {
      listener.on("message", (_, message: string) => {
        if (!message.includes('"breaker"')) return;
        messages.push(message);
        if (message.includes("closed")) resolve();
      });
    });
    await listener.subscribe(queues.keys.control);
    await openBreaker(queues, { successThreshold: 1 });
    await queues.admin.hset(queues.keys.model("a"), "bo", 0);
    await queues.finish(await queues.take("a"), { breaker: "ok" });
    await heard;
    listener.disconnect();
    expect(messages.map((message) => JSON.parse(message) as object)).toMatchObject([
      { model: "a", state: "open", epoch: 1 },
      { model: "a", state: "half-open", epoch: 2 },
      { model: "a", state: "closed", epoch: 3 },
    ]);
    expect(await queues.admin.xlen(`${queues.keys.prefix}:breakers`)).toBe(3);
  });

  redisTest(
    "refuses new requests at once when it is the only candidate, and admits as many as may probe when half-open",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a", { breaker: { failureThreshold: 1, halfOpenProbes: 2 } });
      await queues.admin.hset(queues.keys.model("a"), { bs: "open", bo: await queues.now(), be: 1 });
      expect(await queues.place("x")).toMatchObject({
        code: "ALL_MODELS_UNAVAILABLE",
        skipped: [{ reason: expect.stringMatching(/^open until 20\d\d-\d\d-\d\dT[\d:.]+Z$/) as string }],
      });
      await queues.admin.hset(queues.keys.model("a"), "bo", 0);
      expect((await queues.place("p1")).kind).toBe("placed");
      expect((await queues.place("p2")).kind).toBe("placed");
      expect(await queues.place("p3")).toMatchObject({ code: "ALL_MODELS_UNAVAILABLE", skipped: [{ reason: "half-open, probing" }] });
    },
  );
});

describe("probes", () => {
  redisTest("are leases: never more than halfOpenProbes at once, never more than are still needed to close", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await openBreaker(queues, { halfOpenProbes: 2, successThreshold: 3 });
    await queues.admin.hset(queues.keys.model("a"), "bo", 0);
    const [one, two] = [await queues.take("a"), await queues.take("a")];
    expect((await queues.fetch("a")).run).toBeUndefined();
    const { grant } = await queues.finish(one, { breaker: "ok" }, { fetchNext: true });
    expect(grant.run?.id).toBe("p3");
    await queues.finish(two, { breaker: "ok" });
    // One success is missing, and one probe under way: a second one could be one too many.
    expect((await queues.fetch("a")).run).toBeUndefined();
    if (grant.run) await queues.finish(grant.run, { breaker: "ok" });
    expect(await readBreaker(queues)).toMatchObject({ state: "closed", failures: 0 });
    expect((await queues.take("a")).breaker).toBe("closed");
  });

  redisTest("of a dead worker end with their lease, and a renewed one lives on", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await openBreaker(queues, {});
    await queues.admin.hset(queues.keys.model("a"), "bo", 0);
    const probe = await queues.take("a", { lockMs: 30 });
    await queues.context.run("renew", ["a", 60_000, probe.id, probe.lockToken, probe.epoch]);
    const lease = Number(await queues.admin.zscore(`${queues.keys.prefix}:pb:a`, `${probe.id}:1`));
    expect(lease - (await queues.now())).toBeGreaterThan(30_000);
    expect((await queues.fetch("a")).run).toBeUndefined();
    await queues.loseWorkers("a");
    expect((await queues.take("a")).breaker).toBe("half-open");
  });
});

redisTest("a breaker that closes while the model is held leaves its jobs to the mover", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await openBreaker(queues, { successThreshold: 1 });
  await queues.admin.hset(queues.keys.model("a"), "bo", 0);
  const probe = await queues.take("a");
  await queues.admin.hset(queues.keys.model("a"), "hold", (await queues.now()) + 60_000);
  expect(await queues.finish(probe, { breaker: "ok" })).toMatchObject({ status: "settled", blocked: 1 });
  await queues.admin.hset(queues.keys.model("a"), "hold", 0);
  expect(await queues.move("a")).toEqual([0, 0, 0]);
  expect(await queues.admin.exists(`${queues.keys.prefix}:blocked`)).toBe(0);
});

redisTest("a disabled breaker never opens, and one that is disabled while open lets everything through", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 5, breaker: { enabled: false } });
  for (let i = 0; i < 20; i++) {
    await queues.place(`j${i}`, { candidates: toCandidates(["a"]) });
    const { opened } = await queues.finish(await queues.take("a"), { mode: "fail", breaker: "fail", json: '{"state":"failed"}' });
    expect(opened).toBe(false);
  }
  await openBreaker(queues, {});
  expect((await queues.fetch("a")).run).toBeUndefined();
  await queues.model("a", { concurrency: 5, breaker: { enabled: false } });
  expect((await queues.place("x")).kind).toBe("placed");
  expect((await queues.take("a")).id).toBe("p1");
});
