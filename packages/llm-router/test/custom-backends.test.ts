import { redisTest } from "@llm-router/testkit";
import type { Backend, BackendModel, BackendRequest } from "llm-router";
import { expect } from "vitest";
import { errorOf, newRouter } from "./support.ts";

const failsBy: Record<string, Backend["generate"]> = {
  "success: false": async () => ({ content: "", success: false, error: "out of order" }),
  "a throw": async () => {
    throw new Error("out of order");
  },
};

redisTest("a backend is an instance on the model, or a registered factory that gets the model's definition", async ({ redis }) => {
  const models: BackendModel[] = [];
  const requests: BackendRequest[] = [];
  const closed: string[] = [];
  {
    await using router = newRouter(redis);
    router.registerBackend("mine", (model) => {
      models.push(model);
      return { generate: async () => ({ content: `from ${model.name}` }), close: () => void closed.push(model.name) };
    });
    router.addModel("registered", { provider: "mine", model: "m-1", baseUrl: "http://127.0.0.1:9", apiKey: "k", options: { depth: 3 } });
    const instance: Backend = {
      generate: async (request) => {
        requests.push(request);
        return { content: "from an instance" };
      },
      close: () => void closed.push("instance"),
    };
    router.addModel("instance", { backend: instance, maxQueueDepth: 7 });
    expect((await router.generate("Hi", { model: "registered" })).content).toBe("from registered");
    expect((await router.generate("Hi", { model: "instance", system: "Be brief.", temperature: 0 })).content).toBe("from an instance");
    expect(
      (await router.getModelStatus()).map(({ name, provider, model, maxQueueDepth }) => [name, provider, model, maxQueueDepth]),
    ).toEqual([
      ["registered", "mine", "m-1", 10_000],
      ["instance", "custom", "instance", 7],
    ]);
  }
  expect(models).toEqual([
    { name: "registered", provider: "mine", model: "m-1", baseUrl: "http://127.0.0.1:9", apiKey: "k", options: { depth: 3 } },
  ]);
  expect(requests).toMatchObject([{ model: "instance", prompt: "Hi", system: "Be brief.", temperature: 0 }]);
  expect(closed.toSorted()).toEqual(["instance", "registered"]);
});

for (const [how, generate] of Object.entries(failsBy)) {
  redisTest(`a backend that fails by ${how} opens the breaker after failureThreshold calls`, async ({ redis }) => {
    let calls = 0;
    await using router = newRouter(redis);
    router.enableCircuitBreaker({ failureThreshold: 3, recoveryTimeoutMs: 60_000 });
    router.addModel("mine", {
      backend: {
        generate: async (...args) => {
          calls += 1;
          return generate(...args);
        },
      },
    });
    router.addRoute("normal", { targets: ["mine"], whenUnavailable: "fail" });
    const error = await errorOf(router.generate("Hi"));
    expect(error).toMatchObject({ code: "ALL_MODELS_UNAVAILABLE" });
    expect(error.attempts.map(({ model, errorCode, message }) => [model, errorCode, message?.includes("out of order")])).toEqual(
      Array.from({ length: 3 }, () => ["mine", "MODEL_ERROR", true]),
    );
    expect(calls).toBe(3);
    expect(await router.getModelStatus()).toMatchObject([{ circuitBreaker: { state: "open", failureCount: 3 } }]);
    expect(await errorOf(router.generate("Hi"))).toMatchObject({
      code: "ALL_MODELS_UNAVAILABLE",
      skipped: [{ model: "mine", reason: expect.stringMatching(/^open until /) as string }],
    });
    expect(calls).toBe(3);
  });
}

redisTest("a success between failures sets the count back", async ({ redis }) => {
  const answers = ["fail", "fail", "ok", "fail", "fail", "ok"];
  await using router = newRouter(redis);
  router.enableCircuitBreaker({ failureThreshold: 3, recoveryTimeoutMs: 60_000 });
  router.addModel("mine", {
    backend: { generate: async () => (answers.shift() === "ok" ? { content: "ok" } : { content: "", success: false }) },
  });
  expect((await router.generate("Hi")).attempts).toHaveLength(3);
  expect((await router.generate("Hi")).attempts).toHaveLength(3);
  expect(await router.getModelStatus()).toMatchObject([{ circuitBreaker: { state: "closed", failureCount: 0 } }]);
});

redisTest("a backend without stream() answers stream() with one delta; one with it is read as it speaks", async ({ redis }) => {
  await using router = newRouter(redis);
  router.addModel("whole", { backend: { generate: async () => ({ content: "all at once" }) } });
  router.addModel("parts", {
    backend: {
      generate: async () => ({ content: "not asked" }),
      async *stream() {
        yield { text: "bit " };
        yield { text: "by bit" };
      },
    },
  });
  const textsOf = async (model: string) => (await Array.fromAsync(router.stream("Hi", { model }))).flatMap(({ text }) => text ?? []);
  expect(await textsOf("whole")).toEqual(["all at once"]);
  expect(await textsOf("parts")).toEqual(["bit ", "by bit"]);
  expect((await router.generate("Hi", { model: "parts" })).content).toBe("bit by bit");
});
