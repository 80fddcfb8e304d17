import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, redisTest, spawnNode, tempDir } from "@llm-router/testkit";
import { expect } from "vitest";
import { call, startCluster, withKeys } from "./support/cluster.ts";

redisTest("a gateway process logs one line for each request, with its id and without prompt, answer or key", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  await using folder = await tempDir();
  const { config, keys } = withKeys({ a: { tenant: "a" } });
  await writeFile(join(folder.path, "llm-router.json"), JSON.stringify({ gateway: config.gateway }));
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, PORT: "0" };
  await using gateway = spawnNode(new URL("../src/main.ts", import.meta.url), { cwd: folder.path, env });
  const [ready] = await gateway.waitForLine(/^.*"gateway ready".*$/);
  const { url } = JSON.parse(ready) as { url: string };

  await cluster.simulator.control({ answer: "the secret answer" });
  const answer = await call({ url }, "/generate?token=query-secret", { key: keys.a, body: { prompt: "the secret prompt", model: "fast" } });
  const wrong = await call({ url }, "/generate", { key: `${keys.a}x`, body: { prompt: "the secret prompt" } });
  expect([answer.status, wrong.status]).toEqual([200, 401]);
  const lines = await eventually(() => {
    const found = gateway.stderr().flatMap((line) => (line.includes('"msg":"request"') ? [JSON.parse(line) as object] : []));
    expect(found).toHaveLength(2);
    return found;
  });
  expect(lines).toMatchObject([
    { id: answer.body.id, method: "POST", path: "/generate", status: 200, ms: expect.any(Number), tenant: "a", key: "a" },
    { id: wrong.headers.get("x-request-id"), path: "/generate", status: 401 },
  ]);
  expect(answer.body.content).toBe("the secret answer");
  const all = [...gateway.stderr(), ...gateway.stdout()].join("\n");
  for (const secret of ["secret", keys.a, "sk-llmr", "sha256:"]) expect(all).not.toContain(secret);
});
