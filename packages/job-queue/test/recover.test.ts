import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { readStatus } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";

describe("recovery", () => {
  redisTest("takes only jobs whose lock has expired, and says in their attempts that the worker was lost", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 2 });
    for (const id of ["dead", "alive"]) await queues.place(id);
    const dead = await queues.take("a", { lockMs: 1 });
    const alive = await queues.take("a");
    await queues.context.run("renew", ["a", 6_000, alive.id, alive.lockToken, alive.epoch]);
    while ((await queues.admin.exists(`${queues.keys.queue("a")}:dead:lock`)) === 1);
    expect(await queues.context.run("recover", [3, "a"])).toEqual(["a", "dead"]);
    expect(await queues.context.run("recover", [3, "a"])).toEqual([]);
    expect(await queues.take("a")).toMatchObject({
      id: "dead",
      epoch: dead.epoch + 1,
      counted: 0,
      attempts: [{ model: "a", outcome: "worker-lost", errorCode: "WORKER_LOST", breaker: "closed" }],
    });
    expect((await queues.finish(alive, {})).status).toBe("settled");
    expect(await queues.stats()).toMatchObject({ recovered: "1" });
  });

  redisTest("wakes a worker for the job that came back", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    await queues.take("a");
    await queues.admin.del(`${queues.keys.queue("a")}:marker`);
    await queues.loseWorkers("a");
    expect(await queues.admin.zcard(`${queues.keys.queue("a")}:marker`)).toBe(1);
  });

  redisTest("ends a job that lost its worker more often than the limit as STALLED", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    for (let i = 0; i < 4; i++) {
      await queues.take("a");
      await queues.loseWorkers("a", 3);
    }
    const status = await readStatus(queues.context, "x");
    expect(status?.outcome).toMatchObject({
      state: "failed",
      error: { code: "STALLED", model: "a" },
      attempts: Array.from({ length: 4 }, () => ({ outcome: "worker-lost" })),
    });
    expect(await queues.depth("a")).toBe(0);
    expect(await queues.admin.zrange(`${queues.keys.queue("a")}:failed`, 0, "-1")).toEqual(["x"]);
  });

  redisTest("drops the job of a cancelled run whose worker died", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    for (const id of ["x", "y"]) await queues.place(id);
    await queues.take("a");
    await queues.context.run("cancel", ["x", "no"]);
    expect(await queues.loseWorkers("a")).toEqual([]);
    expect(await queues.admin.exists(`${queues.keys.queue("a")}:x`)).toBe(0);
    expect((await queues.take("a")).id).toBe("y");
  });
});

describe("lock renewal", () => {
  redisTest("says which runs are lost: granted again, returned, settled or never known", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 3 });
    for (const id of ["x", "y", "z"]) await queues.place(id);
    const [x, y, z] = [await queues.take("a"), await queues.take("a"), await queues.take("a")];
    await queues.loseWorkers("a");
    const again = await queues.take("a");
    const all = [x, y, z, again].flatMap((run) => [run.id, run.lockToken, run.epoch]);
    expect(await queues.context.run("renew", ["a", 6_000, ...all, "nobody", "t", 1])).toEqual(["x", "y", "z", "nobody"]);
    expect(await queues.admin.get(`${queues.keys.queue("a")}:x:lock`)).toBe(again.lockToken);
    expect(await queues.admin.exists(`${queues.keys.queue("a")}:y:lock`)).toBe(0);
  });
});
