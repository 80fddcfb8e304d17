// Examples that the README does not show are run here. Its own are run by readme.test.ts.
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";

redisTest("express-server answers, refuses what is wrong, cancels for a caller who left, and ends in order", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["qwen2.5:3b"], answer: "Hello yourself!" });
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, OLLAMA_URL: simulator.url, PORT: "0" };
  await using server = spawnNode(new URL("../examples/express-server/server.mjs", import.meta.url), { env });
  const [, url = ""] = await server.waitForLine(/^listening on (\S+)$/);
  const post = (body: object, signal?: AbortSignal) =>
    fetch(`${url}/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  const answer = await post({ prompt: "Hello!", priority: "high" });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ content: "Hello yourself!", success: true, modelUsed: "local" });
  const wrong = await post({ prompt: "Hello!", priority: "soon" });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ error: { code: "INVALID_REQUEST", message: expect.stringContaining("priority") } });

  await simulator.control({ latencyMs: 60_000 });
  const gone = new AbortController();
  const left = post({ prompt: "Wait" }, gone.signal).catch((error: unknown) => error);
  await eventually(() => expect(simulator.stats.underWay).toBe(1));
  gone.abort();
  await left;
  await eventually(() => expect(simulator.stats).toMatchObject({ underWay: 0, aborted: 1 }));
  expect(await server.stop()).toMatchObject({ code: 0 });
});
