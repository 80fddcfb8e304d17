import { type Backend, BackendError } from "@llm-router/contracts";
import { connectRedis, type ControlMessage, subscribeControl } from "@llm-router/job-queue";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { fails, speaks } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

/** A model that is down or up on command, and counts its calls. */
class Switch {
  isDown = true;
  calls = 0;
  underWay = 0;
  maxUnderWay = 0;
  succeeded = 0;
  /** A call lasts so long, ms. */
  lastsMs = 0;
  onSuccess: () => void = () => undefined;

  readonly backend: Backend = {
    generate: async () => {
      this.calls += 1;
      this.underWay += 1;
      this.maxUnderWay = Math.max(this.maxUnderWay, this.underWay);
      // A model takes its time: this is the work, not a wait for something.
      await new Promise((resolve) => setTimeout(resolve, this.lastsMs));
      this.underWay -= 1;
      if (this.isDown) throw new BackendError("unreachable", "down");
      this.succeeded += 1;
      this.onSuccess();
      return { content: "up" };
    },
  };
}

redisTest(
  "the breaker walks CLOSED → OPEN → HALF_OPEN → CLOSED, the same for two workers between which the failures are split",
  async ({ redis }) => {
    const model = new Switch();
    const config = {
      models: { flaky: { provider: "test", model: "x", concurrency: 1 } },
      breaker: { failureThreshold: 5, recoveryTimeoutMs: 400, successThreshold: 3, halfOpenProbes: 1 },
    };
    await using client = await TestClient.connect(redis);
    await using listener = await listen(redis.url, client);
    await using a = await startTestWorker(redis, { config, backends: { flaky: model.backend, good: speaks("fine") } });
    await using b = await startTestWorker(redis, { config, backends: { flaky: model.backend, good: speaks("fine") } });
    // One after the other: Redis wakes the worker that has waited longest, so they take turns.
    for (let i = 0; i < 5; i++) expect(resultOf(await (await client.submit({ models: ["flaky", "good"] })).outcome).modelUsed).toBe("good");
    expect(listener.states).toEqual(["open"]);
    const split = [a, b].map((worker) => worker.counters().failed.unreachable ?? 0);
    expect(split.toSorted((x, y) => x - y)).toEqual([2, 3]);
    for (const { outcome } of await client.submitMany(20, { models: ["flaky", "good"] }))
      expect(resultOf(await outcome).modelUsed).toBe("good");
    expect(model.calls).toBe(5);
    await eventually(() =>
      expect([...a.status(), ...b.status()].filter(({ name }) => name === "flaky").map(({ breaker }) => breaker)).toEqual(["open", "open"]),
    );

    // Accepted work is held while everything is open, and tried again when the recovery time is over.
    model.isDown = false;
    model.lastsMs = 20;
    model.calls = 0;
    model.maxUnderWay = 0;
    let succeededAtClose = 0;
    listener.onState = (state) => {
      if (state === "closed") succeededAtClose = model.succeeded;
    };
    const firstProbe = eventually(() => client.submit({ models: ["flaky"] }), { timeoutMs: 5_000 });
    await listener.heard("half-open");
    const waiting = [await firstProbe, ...(await submitAsAdmitted(client, 10))];
    for (const { outcome } of waiting) expect(resultOf(await outcome).content).toBe("up");
    await listener.heard("closed");
    expect(listener.states).toEqual(["open", "half-open", "closed"]);
    expect(succeededAtClose).toBe(3);
    expect(model.maxUnderWay).toBe(1);
    await eventually(() =>
      expect([...a.status(), ...b.status()].filter(({ name }) => name === "flaky").map(({ breaker }) => breaker)).toEqual([
        "closed",
        "closed",
      ]),
    );
  },
);

redisTest("with 20 jobs waiting, no more than the probes are under way while half-open", async ({ redis }) => {
  const model = new Switch();
  const config = {
    models: { flaky: { provider: "test", model: "x", concurrency: 8 } },
    breaker: { failureThreshold: 2, recoveryTimeoutMs: 300, successThreshold: 4, halfOpenProbes: 2 },
  };
  await using client = await TestClient.connect(redis);
  await using listener = await listen(redis.url, client);
  const jobs = await submitBeforeWorkers(redis, client, config, 20);
  model.lastsMs = 10;
  await using _a = await startTestWorker(redis, { config, backends: { flaky: model.backend } });
  await using _b = await startTestWorker(redis, { config, backends: { flaky: model.backend } });
  await listener.heard("open");
  model.isDown = false;
  await eventually(() => expect(model.underWay).toBe(0));
  model.maxUnderWay = 0;
  let maxUnderWayAtClose = 0;
  model.onSuccess = () => {
    if (model.succeeded === 4) maxUnderWayAtClose = model.maxUnderWay;
  };
  const results = await Promise.all(jobs.map(async ({ outcome }) => resultOf(await outcome)));
  expect(results.every(({ content }) => content === "up")).toBe(true);
  expect(listener.states).toEqual(["open", "half-open", "closed"]);
  expect(maxUnderWayAtClose).toBeLessThanOrEqual(2);
  // Those that were granted as probes closed it, exactly as many as it takes; all others were granted after.
  expect(results.filter(({ attempts }) => attempts.at(-1)?.breaker === "half-open")).toHaveLength(4);
});

redisTest("one failure while half-open opens it again", async ({ redis }) => {
  const model = new Switch();
  const config = { breaker: { failureThreshold: 1, recoveryTimeoutMs: 100, successThreshold: 1 } };
  await using client = await TestClient.connect(redis);
  await using listener = await listen(redis.url, client);
  await using _worker = await startTestWorker(redis, { config, backends: { flaky: model.backend } });
  const job = await client.submit({ models: ["flaky"] });
  await listener.heard("open", 2);
  model.isDown = false;
  expect(resultOf(await job.outcome).content).toBe("up");
  expect(listener.states.slice(0, 3)).toEqual(["open", "half-open", "open"]);
});

redisTest("a breaker that is switched off never opens", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, {
    config: { breaker: { enabled: false, failureThreshold: 1 } },
    backends: { bad: fails("timeout"), good: speaks("fine") },
  });
  for (const { outcome } of await client.submitMany(20, { models: ["bad", "good"] })) expect(resultOf(await outcome).content).toBe("fine");
  expect(worker.counters().failed.timeout).toBeGreaterThan(1);
  expect(await redis.admin.hget(client.context.keys.model("bad"), "bs")).toBeNull();
});

interface Listener extends AsyncDisposable {
  states: string[];
  onState: (state: string) => void;
  heard(state: string, times?: number): Promise<void>;
}

/** Hears what the scripts announce about breakers. */
async function listen(url: string, client: TestClient): Promise<Listener> {
  const subscriber = connectRedis({ url }, "subscriber");
  const listener: Listener = {
    states: [],
    onState: () => undefined,
    heard: (state, times = 1) =>
      eventually(() => expect(listener.states.filter((each) => each === state).length).toBeGreaterThanOrEqual(times)),
    [Symbol.asyncDispose]: async () => subscriber.disconnect(),
  };
  await subscribeControl(subscriber, client.context.keys, (message: ControlMessage) => {
    if (message.type !== "breaker") return;
    listener.states.push(message.state);
    listener.onState(message.state);
  });
  return listener;
}

/** A half-open model takes as many as it may probe with; the others are sent as soon as they are let in. */
async function submitAsAdmitted(client: TestClient, count: number) {
  const jobs = [];
  for (let i = 0; i < count; i++) jobs.push(await eventually(() => client.submit({ models: ["flaky"] })));
  return jobs;
}

/** Jobs that wait already when the first worker comes: the model is defined by one that has gone, and announced by nobody who takes jobs. */
async function submitBeforeWorkers(redis: { url: string; namespace: string }, client: TestClient, config: object, count: number) {
  const gone = await startTestWorker(redis, { config, backends: { flaky: new Switch().backend } });
  await gone.close();
  await client.context.run("beat", ["announcer", 60_000, "{}", "flaky"]);
  return client.submitMany(count, { models: ["flaky"] });
}
