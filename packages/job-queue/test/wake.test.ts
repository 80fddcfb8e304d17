import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import type { Run } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

/** Without a wake-up a worker looks again after 2 s. */
const soonMs = 1_000;

redisTest("a job that comes after a finish took the last one, while the worker waits for the marker, starts at once", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 2 });
  const held = new Map<string, () => void>();
  const hold = (run: Run) => new Promise<void>((resolve) => held.set(run.id, resolve));
  await using _worker = await startWorker(redis, {
    model: "a",
    concurrency: 3,
    process: async (run) => {
      await hold(run);
      return completed(run);
    },
  });
  const isRunning = (id: string) => eventually(() => expect([...held.keys()]).toContain(id), { timeoutMs: 10_000 });
  const waits = async () => {
    const clients = (await queues.admin.client("LIST")) as string;
    return expect(clients).toContain("cmd=bzpopmin");
  };
  for (const id of ["r.1", "r.2"]) {
    await queues.place(id);
    await isRunning(id);
  }
  // The model's slots are taken, not the worker's: it waits for the marker beside its runs. The finish of one run takes the third.
  await queues.place("r.3");
  await eventually(async () => expect(await queues.admin.exists(`${queues.keys.queue("a")}:marker`)).toBe(0));
  await eventually(waits);
  held.get("r.1")?.();
  await isRunning("r.3");
  held.get("r.2")?.();
  await eventually(async () => expect(await queues.depth("a")).toBe(1));
  const placedAt = performance.now();
  await queues.place("r.4");
  await isRunning("r.4");
  expect(performance.now() - placedAt).toBeLessThan(soonMs);
  for (const release of held.values()) release();
});
