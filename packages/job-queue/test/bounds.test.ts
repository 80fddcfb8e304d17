import { eventually, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import type { Decision } from "../src/index.ts";
import { openQueues, type QueueFixture } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

/** Asks for the depth in one script after the other until told to stop; the deepest seen. */
function sampleDepth({ admin, keys }: QueueFixture, model: string): { samples: number; deepest: number; stop(): Promise<void> } {
  const script = `local q = KEYS[1]
    return redis.call("LLEN", q .. ":wait") + redis.call("ZCARD", q .. ":prioritized") + redis.call("ZCARD", q .. ":delayed") + redis.call("LLEN", q .. ":active")`;
  const sampler = { samples: 0, deepest: 0, stop: async () => undefined as void };
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      sampler.deepest = Math.max(sampler.deepest, Number(await admin.eval(script, 1, keys.queue(model))));
      sampler.samples += 1;
    }
  })();
  sampler.stop = async () => {
    stopped.abort();
    await loop;
  };
  return sampler;
}

redisTest(
  "8 producers with 500 requests each at a model with maxQueueDepth 5: never deeper, each answered or refused, sums add up",
  async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 5, concurrency: 3 });
    await using first = await startWorker(redis, { model: "a", process: async (run) => completed(run) });
    await using second = await startWorker(redis, { model: "a", process: async (run) => completed(run) });
    const producers = Array.from({ length: 8 }, (_, i) =>
      spawnNode(new URL("producer.ts", import.meta.url), { args: [redis.url, redis.namespace, `p${i}`, "500"] }),
    );
    try {
      await Promise.all(producers.map((producer) => producer.waitForLine(/^ready$/)));
      const sampler = sampleDepth(queues, "a");
      const lines = await Promise.all(producers.map((producer) => producer.waitForLine(/^\{.*\}$/, 40_000)));
      await sampler.stop();
      const reports = lines.map(([line]) => JSON.parse(line) as { answered: number; refused: Record<string, number>; deepest: number });
      const sum = (pick: (report: (typeof reports)[number]) => number) => reports.reduce((total, report) => total + pick(report), 0);
      const [answered, refused] = [sum((report) => report.answered), sum((report) => report.refused["QUEUE_FULL"] ?? 0)];
      expect(Math.max(sampler.deepest, ...reports.map(({ deepest }) => deepest))).toBe(5);
      expect(sampler.samples).toBeGreaterThan(20);
      expect(answered + refused).toBe(4_000);
      expect(refused).toBeGreaterThan(0);
      expect(await queues.stats()).toMatchObject({ completed: String(answered), refused: String(refused) });
      expect(await queues.depth("a")).toBe(0);
      expect([...first.errors, ...second.errors]).toEqual([]);
    } finally {
      await Promise.all(producers.map((producer) => producer.kill9()));
    }
  },
);

redisTest("two workers together run no more than the model's concurrency, and no less", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 3 });
  const running = new Map<string, () => void>();
  let most = 0;
  const process = (run: Parameters<typeof completed>[0]) =>
    new Promise<Decision>((resolve) => {
      running.set(run.id, () => {
        running.delete(run.id);
        resolve(completed(run));
      });
      most = Math.max(most, running.size);
    });
  await using _first = await startWorker(redis, { model: "a", process });
  await using _second = await startWorker(redis, { model: "a", process });
  await Promise.all(Array.from({ length: 30 }, (_, i) => queues.place(`j${i}`)));
  for (let done = 0; done < 30; done++) {
    await eventually(() => expect(running.size).toBe(Math.min(3, 30 - done)));
    running.values().next().value?.();
  }
  await eventually(async () => expect(await queues.stats()).toMatchObject({ completed: "30" }));
  expect(most).toBe(3);
});

redisTest("two workers together start no more calls than rpm allows in the window, and go on when it has passed", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 4, rpm: 5 });
  const started: string[] = [];
  const process = async (run: Parameters<typeof completed>[0]) => {
    started.push(run.id);
    return completed(run);
  };
  await using _first = await startWorker(redis, { model: "a", process });
  await using _second = await startWorker(redis, { model: "a", process });
  await Promise.all(Array.from({ length: 12 }, (_, i) => queues.place(`j${i}`)));
  const starts = `${queues.keys.prefix}:rt:a`;
  for (const expected of [5, 10, 12]) {
    await eventually(() => expect(started).toHaveLength(expected));
    if (expected === 12) break;
    const { run, retryInMs } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeGreaterThan(50_000);
    expect(started).toHaveLength(expected);
    // A minute and a second pass.
    const members = await queues.admin.zrange(starts, 0, "-1");
    await queues.admin.zadd(starts, ...members.flatMap((member) => [1, member]));
    await queues.admin.zadd(`${queues.keys.queue("a")}:marker`, 0, "0");
  }
  expect(await queues.admin.zcard(starts)).toBe(2);
});
