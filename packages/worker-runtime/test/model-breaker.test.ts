import { BackendError, modelSchema } from "@llm-router/contracts";
import type { Confirm, Run } from "@llm-router/job-queue";
import { createLogger } from "@llm-router/service-kit";
import { redisTest } from "@llm-router/testkit";
import { wrapCustomBackend } from "@llm-router/backends";
import { expect, test } from "vitest";
import { ModelBreaker } from "../src/breakers/model-breaker.ts";
import { newCounters } from "../src/counters.ts";
import type { RunPorts } from "../src/ports.ts";
import { runJob } from "../src/run-job.ts";
import { TestClient } from "./support/test-client.ts";

test("opossum never opens by itself, however many calls fail", async () => {
  const breaker = new ModelBreaker("m");
  for (let i = 0; i < 500; i++) await expect(breaker.fire(() => Promise.reject(new Error("down")))).rejects.toThrow("down");
  expect(await breaker.fire(async () => "through")).toBe("through");
  breaker.close();
});

test("open lets nothing through; half-open and closed everything, since Redis has counted the probes", async () => {
  const breaker = new ModelBreaker("m");
  let calls = 0;
  const call = async (): Promise<number> => ++calls;
  breaker.apply({ state: "open", epoch: 1 });
  await expect(breaker.fire(call)).rejects.toThrow("Breaker is open");
  expect(calls).toBe(0);
  breaker.apply({ state: "half-open", epoch: 2 });
  await Promise.all([breaker.fire(call), breaker.fire(call)]);
  breaker.apply({ state: "open", epoch: 3 });
  await expect(breaker.fire(call)).rejects.toThrow("Breaker is open");
  breaker.apply({ state: "closed", epoch: 4 });
  expect(await breaker.fire(call)).toBe(3);
  breaker.close();
});

test("news that comes late is dropped; what Redis says is taken", () => {
  const breaker = new ModelBreaker("m");
  breaker.apply({ state: "half-open", epoch: 2 });
  breaker.apply({ state: "open", epoch: 1 });
  expect(breaker.state).toBe("half-open");
  breaker.set({ state: "closed", epoch: 0 });
  expect(breaker.state).toBe("closed");
  breaker.close();
});

redisTest("a job in hand when the breaker opens is handed back before its call", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const { run, ports, calls, confirm } = jobInHand(client);
  ports.breaker.apply({ state: "open", epoch: 1 });
  expect(await runJob(run, ports, confirm)).toMatchObject({ mode: "release", breaker: "none", tokens: 0 });
  expect(calls()).toBe(0);
  expect(ports.counters.notCalled).toBe(1);
});

redisTest("a probe that is granted before the news of its half-opening came is called all the same", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const { run, ports, calls, confirm } = jobInHand(client);
  ports.breaker.apply({ state: "open", epoch: 1 });
  await redis.admin.hset(client.context.keys.model("m"), { bs: "half-open", be: "2", bf: "5" });
  run.grantedAt = performance.now();
  expect(await runJob(run, ports, confirm)).toMatchObject({ mode: "move", breaker: "fail" });
  expect(calls()).toBe(1);
});

redisTest("a grant that was long in hand is handed back when the breaker has opened and the news has not come yet", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const { run, ports, calls, confirm } = jobInHand(client);
  await redis.admin.hset(client.context.keys.model("m"), { bs: "open", be: "1", bf: "5" });
  run.confirmedAt = performance.now() - 60;
  expect(await runJob(run, ports, confirm)).toMatchObject({ mode: "release", breaker: "none" });
  expect(calls()).toBe(0);
});

redisTest("a grant that was long in hand, and is another worker's now, is not called", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const { run, ports, calls } = jobInHand(client);
  run.confirmedAt = performance.now() - 60;
  const lost = { mode: "drop", breaker: "none", runMs: 0, note: "lost" } as const;
  expect(await runJob(run, ports, async () => lost)).toEqual(lost);
  expect(calls()).toBe(0);
});

/** A run as the fetch script grants it, of a model that is down. */
function jobInHand(client: TestClient): { run: Run; ports: RunPorts; calls: () => number; confirm: Confirm } {
  let calls = 0;
  const generate = (): Promise<never> => {
    calls += 1;
    return Promise.reject(new BackendError("unreachable", "down"));
  };
  const run: Run = {
    id: "c1.x",
    model: "m",
    epoch: 1,
    data: JSON.stringify({ v: 1, request: { prompt: "hi" }, onBrokenStream: "restart" }),
    remainingMs: 10_000,
    waitMs: 0,
    totalWaitMs: 0,
    elapsedMs: 0,
    askedAt: performance.now(),
    confirmedAt: performance.now(),
    lockedAt: performance.now(),
    attempts: [],
    skipped: [],
    counted: 0,
    maxAttempts: 10,
    streamed: false,
    breaker: "closed",
    lastSeq: 2,
    sent: false,
    grantedAt: performance.now(),
    lockToken: "t",
    abort: new AbortController(),
  };
  const ports: RunPorts = {
    context: client.context,
    name: "m",
    model: modelSchema.parse({ provider: "test", model: "m" }),
    backend: wrapCustomBackend({ generate }, "m"),
    breaker: new ModelBreaker("m"),
    counters: newCounters(),
    logger: createLogger({ name: "test", level: "silent" }),
    isLate: () => false,
    keepForCache: () => undefined,
  };
  // Redis says that the job is ours.
  const confirm = async () => {
    run.confirmedAt = performance.now();
    return undefined;
  };
  return { run, ports, calls: () => calls, confirm };
}
