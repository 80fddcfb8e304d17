import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { openQueues, type QueueFixture } from "./queue-fixture.ts";

const windowMs = 61_000;
const startsKey = ({ keys }: QueueFixture) => `${keys.prefix}:rt:a`;
const tokensKey = ({ keys }: QueueFixture) => `${keys.prefix}:rk:a`;

/** Calls that started `agoMs` ago, with their tokens. */
async function seed(queues: QueueFixture, calls: { agoMs: number; tokens: number }[]): Promise<number> {
  const now = await queues.now();
  const batch = queues.admin.pipeline();
  for (const [i, { agoMs, tokens }] of calls.entries()) {
    batch.zadd(startsKey(queues), now - agoMs, `old-${i}:1`);
    batch.hset(tokensKey(queues), `old-${i}:1`, tokens);
  }
  batch.hincrby(
    queues.keys.model("a"),
    "tk",
    calls.reduce((sum, { tokens }) => sum + tokens, 0),
  );
  await batch.exec();
  return now;
}

/** Every call so far started longer ago than the window. */
async function passWindow(queues: QueueFixture): Promise<void> {
  const members = await queues.admin.zrange(startsKey(queues), 0, "-1");
  if (members.length > 0) await queues.admin.zadd(startsKey(queues), ...members.flatMap((member, i) => [i + 1, member]));
}

const used = async ({ admin, keys }: QueueFixture) => Number((await admin.hget(keys.model("a"), "tk")) ?? 0);

describe("rpm", () => {
  redisTest("counts the starts of the last 61 s: the next call waits for the oldest of them to leave", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 10, rpm: 3 });
    for (const id of ["x", "y"]) await queues.place(id);
    const seededAt = await seed(queues, [
      { agoMs: 60_900, tokens: 0 },
      { agoMs: 40_000, tokens: 0 },
      { agoMs: 1_000, tokens: 0 },
      { agoMs: windowMs, tokens: 0 },
    ]);
    const { run, retryInMs = 0 } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeLessThanOrEqual(100);
    let granted = run;
    while (!granted) ({ run: granted } = await queues.fetch("a"));
    expect(await queues.now()).toBeGreaterThanOrEqual(seededAt + 100);
    const next = await queues.fetch("a");
    expect(next.run).toBeUndefined();
    expect(next.retryInMs).toBeGreaterThan(20_000);
    expect(next.retryInMs).toBeLessThanOrEqual(windowMs - 40_000);
  });

  redisTest("when it is lowered below what was used, enough starts must leave", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 10, rpm: 2 });
    await queues.place("x");
    await seed(
      queues,
      [60, 50, 40, 30].map((seconds) => ({ agoMs: seconds * 1_000, tokens: 0 })),
    );
    // Of four, three must be gone before a second one may start: the third, 40 s ago, is the last of them.
    const { retryInMs = 0 } = await queues.fetch("a");
    expect(retryInMs).toBeGreaterThan(20_000);
    expect(retryInMs).toBeLessThanOrEqual(21_000);
  });

  redisTest("a rate-limited model ranks after the others, and alone it accepts all the same", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { rpm: 1 });
    for (const id of ["x", "y"]) await queues.place(id);
    await queues.finish(await queues.take("a"), {});
    expect((await queues.fetch("a")).run).toBeUndefined();
    expect(await queues.place("alone", { timeoutMs: 120_000 })).toMatchObject({ kind: "placed", model: "a" });
    expect(await queues.place("hasty", { timeoutMs: 30_000 })).toMatchObject({ kind: "refused", code: "BUDGET_TOO_SHORT" });
    await queues.model("b");
    const candidates = ["a", "b"].map((model, order) => ({ model, order, perDepth: 0, perWaitMs: 0 }));
    expect(await queues.place("either", { candidates, timeoutMs: 120_000 })).toMatchObject({ kind: "placed", model: "b" });
    expect((await queues.record("either"))["sk"]).toMatch(/"reason":"rate limited 6[01] s"/);
  });
});

redisTest("a raised limit counts at once, for the fetch and for the choice", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10, rpm: 1 });
  for (const id of ["x", "y"]) await queues.place(id);
  await queues.take("a");
  expect((await queues.fetch("a")).run).toBeUndefined();
  await queues.model("a", { concurrency: 10, rpm: 10 });
  expect(await queues.place("z", { timeoutMs: 10_000 })).toMatchObject({ kind: "placed", expectedWaitMs: 0 });
  expect((await queues.take("a")).id).toBe("y");
});

async function filled(queues: QueueFixture, estimates: number[], tpm = 100): Promise<void> {
  await queues.model("a", { concurrency: 10, tpm, defaultMaxTokens: 1 });
  for (const [i, tokenEstimate] of estimates.entries()) await queues.place(`j${i}`, { tokenEstimate, timeoutMs: 600_000 });
}

describe("tpm", () => {
  redisTest("reserves the estimate, and gives back what was not used", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [40, 40, 40]);
    const first = await queues.take("a");
    await queues.take("a");
    expect((await queues.fetch("a")).run).toBeUndefined();
    await queues.finish(first, { tokens: 10 });
    expect(await used(queues)).toBe(50);
    expect((await queues.take("a")).id).toBe("j2");
    expect(await used(queues)).toBe(90);
  });

  redisTest("what was used beyond the estimate is a debt", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [10, 10]);
    await queues.finish(await queues.take("a"), { tokens: 95 });
    expect(await used(queues)).toBe(95);
    const { run, retryInMs } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeGreaterThan(50_000);
    await passWindow(queues);
    expect((await queues.take("a")).id).toBe("j1");
    expect(await used(queues)).toBe(10);
  });

  redisTest("a request larger than tpm goes alone, when the window is empty", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [10, 250, 10]);
    await queues.take("a");
    expect((await queues.fetch("a")).run).toBeUndefined();
    await passWindow(queues);
    expect((await queues.take("a")).id).toBe("j1");
    expect((await queues.fetch("a")).run).toBeUndefined();
    await passWindow(queues);
    expect((await queues.take("a")).id).toBe("j2");
  });

  redisTest("counts every call of the window, also when they are thousands of small ones", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [1_300], 1_600);
    // 1,500 used of 1,600: the oldest 1,200 must leave, and the youngest of those started 60,000 - 1,199 × 10 ms ago.
    await seed(
      queues,
      Array.from({ length: 1_500 }, (_, i) => ({ agoMs: 60_000 - i * 10, tokens: 1 })),
    );
    const { run, retryInMs = 0 } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeGreaterThan(windowMs - 60_000 + 11_990 - 1_000);
    expect(retryInMs).toBeLessThanOrEqual(windowMs - 60_000 + 11_990);
  });

  redisTest("leaves no reservation behind, whatever became of the calls", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [10, 10, 10, 10, 10, 10]);
    const [none, less, more, silent, _lost] = [
      await queues.take("a"),
      await queues.take("a"),
      await queues.take("a"),
      await queues.take("a"),
      await queues.take("a"),
    ];
    await queues.finish(none, { mode: "fail", tokens: 0 });
    await queues.finish(less, { tokens: 5 });
    await queues.finish(more, { tokens: 15 });
    await queues.finish(silent, {});
    expect(await used(queues)).toBe(40);
    await passWindow(queues);
    expect((await queues.take("a")).id).toBe("j5");
    expect(await used(queues)).toBe(10);
    expect(await queues.admin.hkeys(tokensKey(queues))).toEqual(["j5:1"]);
    expect(await queues.admin.zrange(startsKey(queues), 0, "-1")).toEqual(["j5:1"]);
    expect(await queues.admin.pttl(tokensKey(queues))).toBeGreaterThan(0);
  });

  redisTest("calls that used nothing do not pile up", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await filled(queues, [10, 10]);
    await queues.finish(await queues.take("a"), { mode: "fail", tokens: 0 });
    await passWindow(queues);
    await queues.take("a");
    expect(await queues.admin.hkeys(tokensKey(queues))).toEqual(["j1:1"]);
  });
});

redisTest("a run that made no call gives its start and its tokens back", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { rpm: 1, tpm: 1_000 });
  await queues.place("x", { tokenEstimate: 600 });
  const run = await queues.take("a");
  expect(await redis.admin.zcard(`${queues.keys.prefix}:rt:a`)).toBe(1);
  await queues.finish(run, { mode: "release" });
  expect(await redis.admin.zcard(`${queues.keys.prefix}:rt:a`)).toBe(0);
  expect(Number(await redis.admin.hget(queues.keys.model("a"), "tk"))).toBe(0);
  expect((await queues.take("a")).epoch).toBe(2);
});
