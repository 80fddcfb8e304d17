import { getEventListeners } from "node:events";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { Client, type Delta, Priority } from "llm-router";
import { expect } from "vitest";
import { errorOf, newRouter, startRecordingServer, thrownBy } from "./support.ts";

redisTest("the three-line quick start answers", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "The capital of France is Paris." });
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "qwen2.5:3b", baseUrl: simulator.url });
  const answer = await router.generate("What is the capital of France?", { priority: Priority.NORMAL });
  expect(answer).toMatchObject({ content: "The capital of France is Paris.", modelUsed: "local", success: true, cached: false });
  expect(simulator.calls().map(({ model, outcome }) => [model, outcome])).toEqual([["qwen2.5:3b", "completed"]]);
});

redisTest("numGpu, numThread, numCtx and keepAlive reach Ollama beside the request's own options", async ({ redis }) => {
  await using server = await startRecordingServer();
  await using router = newRouter(redis);
  router.addModel("local", {
    provider: "ollama",
    model: "qwen2.5:3b",
    baseUrl: server.url,
    numGpu: 2,
    numThread: 6,
    numCtx: 2_048,
    keepAlive: "10m",
  });
  await router.generate("Hi", { temperature: 0.7, topP: 0.5, maxTokens: 9, seed: 3, stop: "END" });
  expect(server.calls[0]?.body).toMatchObject({
    model: "qwen2.5:3b",
    prompt: "Hi",
    keep_alive: "10m",
    options: { num_gpu: 2, num_thread: 6, num_ctx: 2_048, temperature: 0.7, top_p: 0.5, num_predict: 9, seed: 3, stop: ["END"] },
  });
});

redisTest("a priority is a class in any case, one of Priority, or a number", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const asked = [
    undefined,
    "critical",
    "High",
    "NORMAL",
    "lOw",
    Priority.CRITICAL,
    Priority.HIGH,
    Priority.NORMAL,
    Priority.LOW,
    1,
    1_000,
    2_999,
    3_999,
  ];
  const statuses = await Promise.all(
    asked.map(async (priority) => {
      const job = await router.enqueue("Hi", priority === undefined ? {} : { priority });
      await job.result();
      const { classRank, priority: number } = await job.status();
      return [classRank, number];
    }),
  );
  const [critical, high, normal, low] = [500, 1_500, 2_500, 3_500].map((number, rank) => [rank, number]);
  expect(statuses).toEqual([normal, critical, high, normal, low, critical, high, normal, low, [0, 1], [1, 1_000], [2, 2_999], [3, 3_999]]);
  for (const priority of ["urgent", "", 0, 4_000, 1.5]) {
    expect(await errorOf(router.generate("Hi", { priority }))).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/priority/) as string,
    });
  }
});

redisTest("a route sends a class to its targets, and to its fallback when they fail", async ({ redis }) => {
  await using simulator = await startSimulator({ perModel: { first: { outage: "reset" } } });
  await using router = newRouter(redis);
  for (const name of ["first", "second", "other"]) router.addModel(name, { provider: "ollama", model: name, baseUrl: simulator.url });
  router.addRoute(Priority.HIGH, { targets: ["first"], fallback: ["second"] }).addRoute("low", { targets: ["other"] });
  expect((await router.generate("Hi", { priority: "low" })).modelUsed).toBe("other");
  const moved = await router.generate("Hi", { priority: "high" });
  expect(moved.modelUsed).toBe("second");
  expect(moved.attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
    ["first", "unreachable"],
    ["second", "completed"],
  ]);
});

redisTest("maxQueueDepth bounds a model's queue; what is over it is told why", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "hang" });
  await using router = newRouter(redis, { shutdownGraceMs: 0 });
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url, maxQueueDepth: 2, concurrency: 1 });
  const jobs = [await router.enqueue("one", { priority: "critical" }), await router.enqueue("two", { priority: "critical" })];
  const error = await errorOf(router.generate("three", { priority: "critical" }));
  expect(error).toMatchObject({ code: "QUEUE_FULL", skipped: [{ model: "local", reason: "full 2/2" }] });
  expect(await router.getModelStatus()).toMatchObject([{ name: "local", queueDepth: 2, maxQueueDepth: 2 }]);
  for (const job of jobs) await job.cancel();
});

redisTest("a model added after the start is served too", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.addModel("one", { provider: "ollama", model: "one", baseUrl: simulator.url });
  await router.generate("Hi", { model: "one" });
  router.addModel("two", { provider: "openai", model: "two", baseUrl: `${simulator.url}/v1`, apiKey: "unused" });
  expect((await router.generate("Hi", { model: "two" })).modelUsed).toBe("two");
  expect((await router.getModelStatus()).map(({ name, provider, workers }) => [name, provider, workers])).toEqual([
    ["one", "ollama", 1],
    ["two", "openai", 1],
  ]);
});

redisTest("wrong options are told by their path, with the nearest known name", async ({ redis }) => {
  await using router = newRouter(redis);
  const model = { provider: "ollama", model: "m" };
  const cases: [() => unknown, RegExp][] = [
    [() => router.addModel("qwen2.5:3b", model), /"qwen2\.5:3b".*try "qwen2\.5-3b"/],
    [() => router.addModel("local", { ...model, maxQueueDept: 3 } as typeof model), /models\.local\.maxQueueDept.*maxQueueDepth/],
    [() => router.addModel("local", { ...model, maxQueueDepth: 0 }), /models\.local\.maxQueueDepth/],
    [() => router.addModel("local", { ...model, numThread: 1.5 }), /models\.local\.numThread/],
    [() => router.addModel("local", { ...model, baseUrl: "localhost" }), /models\.local\.baseUrl/],
    [() => router.addRoute("high", { targets: [] }), /routes\.high\.targets/],
    [() => router.addRoute("high", { target: ["a"] } as never), /routes\.high.*targets/],
    [() => router.enableCircuitBreaker({ failureThreshold: 0 }), /breaker\.failureThreshold/],
    [() => router.enableCache({ ttlHours: -1 }), /cache\.ttlHours/],
    [() => router.registerBackend("ollama", () => ({ generate: async () => ({ content: "" }) })), /"ollama" is built in/],
    [() => newRouter(redis, { namespace: "a b" }), /namespace.*"a b"/i],
  ];
  for (const [work, message] of cases) {
    expect(thrownBy(work)).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) as string });
  }
  expect(thrownBy(() => router.addRoute("urgent", { targets: ["a"] }))).toMatchObject({ code: "INVALID_REQUEST" });
});

redisTest("a definition that cannot be served is told by the next call, until it is put right", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.addModel("local", { provider: "olama", model: "m", baseUrl: simulator.url });
  expect(await errorOf(router.generate("Hi"))).toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/models\.local\.provider.*"ollama"/) as string,
  });
  expect(await errorOf(router.generate("Hi"))).toMatchObject({ code: "CONFIG_INVALID" });
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  expect((await router.generate("Hi")).modelUsed).toBe("local");
});

redisTest("stream() yields the answer as it comes; leaving it cancels the call", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "one two three", tokensPerSecond: 200 });
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const deltas: Delta[] = await Array.fromAsync(router.stream("Hi"));
  expect(deltas.flatMap(({ text }) => text ?? [])).toEqual(["one", " two", " three"]);
  expect(deltas.at(-1)).toMatchObject({ finishReason: "stop" });
  await simulator.control({ outage: { mode: "stall-after", tokens: 1 } });
  const stream = router.stream("Leave");
  for await (const _delta of stream) break;
  await simulator.waitForCall(({ outcome }) => outcome === "aborted");
  expect(await (await stream.job()).outcome()).toMatchObject({ state: "cancelled" });
  expect(await errorOf(Array.fromAsync(router.stream("")))).toMatchObject({ code: "INVALID_REQUEST" });
});

redisTest("aborting a signal aborts the model's call, and no listener stays on it", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "hang" });
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const controller = new AbortController();
  const answer = errorOf(router.generate("Hi", { signal: controller.signal }));
  await simulator.waitForCall(({ outcome }) => outcome === null);
  controller.abort();
  expect(await answer).toMatchObject({ code: "CANCELLED" });
  await simulator.waitForCall(({ outcome }) => outcome === "aborted");
  expect(await errorOf(router.generate("Hi", { signal: controller.signal }))).toMatchObject({ code: "CANCELLED" });
  await simulator.control({ outage: null });
  const { signal } = new AbortController();
  await router.generate("Hi", { signal });
  await Array.fromAsync(router.stream("Hi", { signal }));
  await (await router.enqueue("Hi", { signal })).result();
  await eventually(() => expect(getEventListeners(signal, "abort")).toEqual([]));
});

redisTest("a router without models is a client of those who serve", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using worker = newRouter(redis);
  await using router = newRouter(redis);
  expect(await errorOf(router.generate("Hi"))).toMatchObject({ code: "NO_CONFIG" });
  await worker.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url }).start();
  expect((await router.generate("Hi")).modelUsed).toBe("local");
  const { id } = await worker.enqueue("Hello");
  expect((await router.attach(id).result()).id).toBe(id);
  const outcomes = await router.enqueueMany([{ prompt: "a" }, { prompt: "" }]);
  expect(outcomes.map((outcome) => (outcome.ok ? "accepted" : outcome.error.code))).toEqual(["accepted", "INVALID_REQUEST"]);
});

redisTest("an option that there is none of is refused, with the one that was meant", ({ redis }) => {
  const misspelt = { redisTimeOutMs: 100, shutdownGrace: 5, colour: "red" } as object;
  expect(thrownBy(() => newRouter(redis, misspelt))).toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(
      /redisTimeOutMs: .*"redisTimeoutMs"[^]*shutdownGrace: .*"shutdownGraceMs"[^]*colour: .*known are redis, /,
    ) as string,
  });
  // The client alone knows fewer.
  expect(thrownBy(() => new Client({ concurrency: 1 } as object))).toMatchObject({
    message: expect.stringMatching(/^new Client\(\): concurrency: /) as string,
  });
});
