import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { ask, newRouter } from "./support.ts";

redisTest(
  "enableCircuitBreaker: closed, open after 2 failures, half-open after the recovery time, closed after 2 successes",
  async ({ redis }) => {
    await using simulator = await startSimulator({ outage: "reset" });
    await using router = newRouter(redis);
    router.enableCircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 300, successThreshold: 2 });
    router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
    router.addRoute("normal", { targets: ["local"], whenUnavailable: "fail" });
    const breaker = async () => (await router.getModelStatus())[0]?.circuitBreaker;

    expect(await ask(router, { prompt: "a" })).toBe("ALL_MODELS_UNAVAILABLE");
    expect(await breaker()).toMatchObject({ state: "open", failureCount: 2 });
    expect(simulator.stats.received).toBe(2);
    await simulator.control({ outage: null });
    expect(await ask(router, { prompt: "b" })).toBe("ALL_MODELS_UNAVAILABLE");
    expect(simulator.stats.received).toBe(2);

    await eventually(async () => expect(await breaker()).toMatchObject({ state: "half-open" }));
    expect(await ask(router, { prompt: "c" })).toMatchObject({ success: true, attempts: [{ breaker: "half-open" }] });
    expect(await breaker()).toMatchObject({ state: "half-open" });
    expect(await ask(router, { prompt: "d" })).toMatchObject({ success: true, attempts: [{ breaker: "half-open" }] });
    expect(await breaker()).toEqual({ state: "closed", failureCount: 0 });
    expect(await ask(router, { prompt: "e" })).toMatchObject({ success: true, attempts: [{ breaker: "closed" }] });
    expect((await router.getStats()).breakerOpened).toEqual({ local: 1 });
  },
);

redisTest("one failure while half-open opens it again", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "reset" });
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  router.addRoute("normal", { targets: ["local"], whenUnavailable: "fail" });
  // After the model: it holds for those that are there, too.
  await router.start();
  router.enableCircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 200, successThreshold: 1 });
  await ask(router, { prompt: "a" });
  await eventually(async () => expect((await router.getModelStatus())[0]?.circuitBreaker.state).toBe("half-open"));
  await ask(router, { prompt: "b" });
  expect(simulator.stats.received).toBe(3);
  expect((await router.getStats()).breakerOpened).toEqual({ local: 2 });
});

redisTest("a fallback answers while the breaker of the first target is open", async ({ redis }) => {
  await using simulator = await startSimulator({ perModel: { first: { outage: "reset" } } });
  await using router = newRouter(redis);
  router.enableCircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 60_000 });
  for (const name of ["first", "second"]) router.addModel(name, { provider: "ollama", model: name, baseUrl: simulator.url });
  router.addRoute("normal", { targets: ["first"], fallback: ["second"] });
  for (let i = 0; i < 10; i++) expect(await ask(router, { prompt: "Hi" })).toMatchObject({ modelUsed: "second" });
  expect(simulator.stats.models["first"]).toMatchObject({ received: 2 });
  const last = await ask(router, { prompt: "Hi" });
  expect(last).toMatchObject({ skipped: [{ model: "first", reason: expect.stringMatching(/^open until /) as string }] });
});
