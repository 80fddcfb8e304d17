import { redisTest, type RedisAccess } from "@llm-router/testkit";
import { expect } from "vitest";
import { appendDeltas, readStream } from "../../packages/job-queue/src/index.ts";
import { openQueues } from "../../packages/job-queue/test/queue-fixture.ts";

/** Remembers the namespace as it is; the function that it returns puts it back, as a crash or a failover does with the last moments. */
async function remember({ admin, namespace }: RedisAccess): Promise<() => Promise<void>> {
  const list = () => admin.keys(`{${namespace}}:*`);
  const before = await Promise.all((await list()).map(async (key) => [key, await admin.dumpBuffer(key), await admin.pttl(key)] as const));
  return async () => {
    await admin.del(await list());
    for (const [key, value, ttlMs] of before) if (value) await admin.restore(key, Math.max(ttlMs, 0), value);
  };
}

redisTest("Redis forgets a grant and gives the job to another worker under the same epoch: the first run is void", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 2 });
  await queues.place("x", { streamed: true });
  const rollBack = await remember(redis);
  const first = await queues.take("a");
  await appendDeltas(queues.context, first, [{ text: "one " }]);
  await rollBack();
  const second = await queues.take("a");
  expect(second.epoch).toBe(first.epoch);
  expect(await appendDeltas(queues.context, first, [{ text: "two " }])).toBeUndefined();
  expect(await appendDeltas(queues.context, second, [{ text: "hello" }])).toBe(3);
  const renewing = [first, second].map((run) => queues.context.run("renew", ["a", 6_000, run.id, run.lockToken, run.epoch]));
  expect(await Promise.all(renewing)).toEqual([["x"], []]);
  // Aborted for it, it must not take the job from the one that runs it now.
  expect(await queues.finish(first, { mode: "drop" })).toMatchObject({ status: "stale" });
  expect(await queues.record("x")).toMatchObject({ st: "active" });
  expect(await queues.finish(second, {})).toMatchObject({ status: "settled" });
  expect(await queues.finish(first, {})).not.toMatchObject({ status: "settled" });
  expect(await queues.stats()).toMatchObject({ completed: "1" });
  const texts = (await readStream(queues.context, "x", 0)).flatMap(({ delta }) => delta?.text ?? []);
  expect(texts).toEqual(["hello"]);
});
