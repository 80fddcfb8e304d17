import { redisTest } from "@llm-router/testkit";
import { Queue } from "bullmq";
import { expect } from "vitest";
import { Maintenance, readStatus } from "../src/index.ts";
import { openQueues, toCandidates } from "./queue-fixture.ts";

redisTest("a job that somebody removed with stock BullMQ ends its request as JOB_VANISHED, and no other", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.model("b");
  const candidates = toCandidates(["a", "b"]);
  for (const id of ["runs", "removed", "kept"]) await queues.place(id, { candidates });
  const run = await queues.take("a");
  const stock = new Queue(queues.keys.queueName("a"), { connection: queues.admin, prefix: queues.keys.prefix });
  await stock.remove("removed");
  await stock.close();
  const maintenance = new Maintenance({ context: queues.context, owner: "test", onError: () => undefined });
  await maintenance.sweep();
  await maintenance.close();
  expect((await readStatus(queues.context, "removed"))?.outcome).toMatchObject({
    state: "failed",
    error: { code: "JOB_VANISHED", model: "a" },
  });
  expect((await readStatus(queues.context, "kept"))?.state).toBe("waiting");
  expect((await readStatus(queues.context, run.id))?.state).toBe("active");
  // What was counted for the removed job is taken back.
  expect(Object.values(await redis.admin.hgetall(`${queues.keys.prefix}:pk:a`)).map(Number)).toEqual([1]);
  await queues.finish(run, {});
  await queues.finish(await queues.take("a"), {});
  expect(await redis.admin.exists(`${queues.keys.prefix}:pk:a`)).toBe(0);
});
