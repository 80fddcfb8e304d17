import { connectAdmin, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { readStatus } from "../src/index.ts";
import { keyspace, openQueues, type QueueFixture } from "./queue-fixture.ts";

/** The budget of `ids` is over. */
async function expire(queues: QueueFixture, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.flatMap((id) => [queues.admin.zadd(queues.keys.deadlines, "XX", 1, id), queues.admin.hset(queues.keys.record(id), "dl", 1)]),
  );
}

redisTest(
  "a request whose budget is over ends as expired, waiting, delayed or running, and leaves nothing in its queue",
  async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 2, breaker: { enabled: false } });
    for (const id of ["x-running", "x-delayed", "x-waiting", "later"])
      await queues.place(id, {
        maxWaitMs: 1_000,
        candidates: [
          { model: "a", order: 0, perDepth: 0, perWaitMs: 0 },
          { model: "b", order: 1, perDepth: 0, perWaitMs: 0 },
        ],
      });
    const running = await queues.take("a");
    await queues.finish(await queues.take("a"), { mode: "move", breaker: "fail" });
    const listener = connectAdmin(queues.url);
    const heard = new Promise<string>((resolve) => listener.once("message", (_, message: string) => resolve(message)));
    await listener.subscribe(queues.keys.control);
    await expire(queues, ["x-running", "x-delayed", "x-waiting"]);
    expect(await queues.reap()).toBe(3);
    expect(JSON.parse(await heard)).toMatchObject({ type: "abort", id: "x-running", epoch: 1, reason: "expired" });
    listener.disconnect();
    for (const id of ["x-running", "x-delayed", "x-waiting"]) {
      expect((await readStatus(queues.context, id))?.outcome).toMatchObject({
        state: "expired",
        error: { code: "DEADLINE_EXCEEDED", model: "a" },
      });
    }
    expect(await queues.depth("a")).toBe(2);
    expect((await queues.finish(running, { mode: "drop" }, { fetchNext: true })).grant.run?.id).toBe("later");
    expect(await queues.depth("a")).toBe(1);
    const left = Object.keys(await keyspace(queues)).filter(
      (key) => /:(due|delayed|prioritized|x-[a-z]+)$|:lock$|^pk:/.test(key) && !key.startsWith("r:"),
    );
    expect(left).toEqual(["model-a:later:lock"]);
    expect(await queues.admin.zrange(queues.keys.deadlines, 0, "-1")).toEqual(["later"]);
    expect(await queues.stats()).toMatchObject({ expired: "3" });
  },
);

redisTest("a job whose budget is over is not granted, also before the reaper came", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  for (const id of ["x", "y"]) await queues.place(id);
  await expire(queues, ["x"]);
  expect((await queues.take("a")).id).toBe("y");
  expect((await readStatus(queues.context, "x"))?.state).toBe("expired");
  expect(await queues.reap()).toBe(0);
});

redisTest("a run whose budget ended and that was aborted for it expires, and is not tried again", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x");
  const run = await queues.take("a");
  await expire(queues, ["x"]);
  expect((await queues.finish(run, { mode: "drop" })).status).toBe("dropped");
  expect((await readStatus(queues.context, "x"))?.outcome).toMatchObject({ state: "expired" });
});

redisTest("one process reaps at a time, 200 requests a script, and another takes over when its lease ends", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const ids = Array.from({ length: 250 }, (_, i) => `j${i}`);
  await Promise.all(ids.map((id) => queues.place(id)));
  await expire(queues, ids);
  expect(await queues.reap("one")).toBe(200);
  expect(await queues.reap("two")).toBe(-1);
  expect(await queues.reap("one")).toBe(50);
  await queues.admin.pexpire(`${queues.keys.prefix}:reaper`, 1);
  while ((await queues.reap("two")) === -1);
  expect(await queues.stats()).toMatchObject({ expired: "250" });
});
