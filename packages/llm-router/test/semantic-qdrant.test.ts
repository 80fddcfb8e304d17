// The library with its vectors in Qdrant, which fails in every way while requests go on.
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, startQdrantStandIn, type StandInMode } from "@llm-router/testkit";
import type { Request } from "llm-router";
import { expect } from "vitest";
import { newRouter } from "./support.ts";

const ask = (prompt: string, changes: Partial<Request> = {}): Request => ({ prompt, temperature: 0, ...changes });
const others = { hang: "Who painted Guernica?", down: "Why is the sky blue?", garbage: "What is a haiku?", error: "How do tides work?" };

redisTest(
  "questions in other words are found through Qdrant; while it fails, requests are misses, and then it is used again",
  async ({ redis }) => {
    await using simulator = await startSimulator();
    await using qdrant = await startQdrantStandIn({ apiKey: "key" });
    await using router = newRouter(redis, { env: { QDRANT_API_KEY: "key" } });
    router
      .enableCache({ semantic: true, store: { type: "qdrant", url: qdrant.url, apiKey: "${QDRANT_API_KEY}", timeoutMs: 200 } })
      .addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
    const { content } = await router.generate(ask("What is Python?"));
    await eventually(() => expect(qdrant.requests.some(({ method, path }) => method === "PUT" && path.includes("/points"))).toBe(true));
    // Of the configuration in Redis the key's name is known, not the key.
    expect(await redis.admin.hget(`{${redis.namespace}}:config`, "cache")).toContain('"apiKey":"${QDRANT_API_KEY}"');
    const inOtherWords = ask("Tell me about the Python programming language", { cache: "only" });
    const isFound = async () => expect(await router.generate(inOtherWords)).toMatchObject({ cached: "semantic", content });
    await eventually(isFound);
    for (const [mode, prompt] of Object.entries(others)) {
      qdrant.mode = mode as StandInMode;
      expect(await router.generate(ask(prompt))).toMatchObject({ cached: false, success: true });
    }
    // It is counted: as the store's failure, or as time that was over before.
    await eventually(async () => {
      const counts = await redis.admin.hmget(`{${redis.namespace}}:cache-stats`, "miss:store", "miss:timeout");
      expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThanOrEqual(Object.keys(others).length);
    });
    qdrant.mode = "ok";
    await eventually(isFound, { timeoutMs: 60_000, intervalMs: 200 });
  },
);
