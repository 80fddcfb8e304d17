// A question in other words is answered by the gateway from what a worker has stored, with the real models.
import { parseConfig } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { LLMRouter } from "llm-router";
import { expect } from "vitest";
import { startGateway } from "../src/index.ts";

redisTest(
  "a question in other words is answered from the cache, also when the cache is defined after the gateway's start",
  async ({ redis }) => {
    const logger = createLogger({ name: "test", level: "silent" });
    const shared = { env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace }, logger };
    await using simulator = await startSimulator();
    await using gateway = await startGateway({ ...shared, config: parseConfig({}), port: 0 });
    await using router = new LLMRouter(shared);
    router.enableCache({ similarityThreshold: 0.92 }).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
    await router.start();
    const ask = async (content: string, cache: string) => {
      const body = JSON.stringify({ model: "local", messages: [{ role: "user", content }], temperature: 0.1 });
      const headers = { "content-type": "application/json", "x-cache": cache };
      const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body });
      await response.arrayBuffer();
      return response;
    };
    expect((await ask("What is Python?", "use")).headers.get("x-llmr-cache")).toBe("miss");
    // The gateway opens its cache within a second or two of that; a lookup on a busy machine may take too long, and is tried again.
    await eventually(
      async () => expect((await ask("Tell me about the Python programming language", "only")).headers.get("x-llmr-cache")).toBe("semantic"),
      { timeoutMs: 30_000, intervalMs: 100 },
    );
    expect((await ask("What is Jython?", "only")).status).toBe(404);
    expect(simulator.stats.received).toBe(1);
  },
);
