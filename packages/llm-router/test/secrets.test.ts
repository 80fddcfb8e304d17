import { type RedisAccess, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { newRouter, startRecordingServer } from "./support.ts";

const secret = "sk-proj-Zq81kTf0Wm3LpXv7";
const vaultSecret = "vault-token-0f9b61c2d7";

async function valueOf(admin: RedisAccess["admin"], key: string): Promise<unknown> {
  switch (await admin.type(key)) {
    case "hash":
      return admin.hgetall(key);
    case "zset":
      return admin.call("ZRANGE", key, "0", "-1", "WITHSCORES");
    case "stream":
      return admin.xrange(key, "-", "+");
    case "list":
      return admin.lrange(key, 0, -1);
    case "set":
      return admin.smembers(key);
    default:
      return admin.get(key);
  }
}

/** Every key of the namespace with its value, as text. */
async function dump({ admin, namespace }: RedisAccess): Promise<string> {
  const texts: string[] = [];
  for (const key of await admin.keys(`*${namespace}*`)) {
    texts.push(`${key} ${JSON.stringify(await valueOf(admin, key))}`);
  }
  return texts.join("\n");
}

for (const provider of ["openai", "ollama"]) {
  redisTest(`an apiKey reaches ${provider}'s server, and neither Redis nor statuses`, async ({ redis }) => {
    await using server = await startRecordingServer();
    await using router = newRouter(redis, { env: { MY_KEY: vaultSecret } });
    const baseUrl = provider === "openai" ? `${server.url}/v1` : server.url;
    router.addModel("inline", { provider, model: "m", baseUrl, apiKey: secret });
    router.addModel("named", { provider, model: "m", baseUrl, apiKey: "${MY_KEY}" });
    for (const model of ["inline", "named"]) await Array.fromAsync(router.stream("Hi", { model }));
    expect(server.calls.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${secret}`, `Bearer ${vaultSecret}`]);
    const stored = `${await dump(redis)}\n${JSON.stringify([await router.getModelStatus(), await router.getStats()])}`;
    expect(stored).toContain("${MY_KEY}");
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(vaultSecret);
  });
}

redisTest("a provider that repeats the key in its error does not bring it into errors, logs or Redis", async ({ redis }) => {
  await using server = await startRecordingServer({ refuses: true });
  await using script = spawnNode(new URL("refused.fixture.ts", import.meta.url), {
    args: [redis.url, redis.namespace, server.url],
    env: { TEST_INLINE_KEY: secret, MY_KEY: vaultSecret },
  });
  expect(await script.exited).toEqual({ code: 0, signal: null });
  const sent = server.calls.map(({ headers }) => headers.authorization);
  expect(new Set(sent)).toEqual(new Set([`Bearer ${secret}`, `Bearer ${vaultSecret}`]));
  const places = { errors: script.stdout().join("\n"), logs: script.stderr().join("\n"), redis: await dump(redis) };
  for (const [place, text] of Object.entries(places)) {
    const shown = ["Incorrect API key provided", secret.slice(8), vaultSecret].map((part) => text.includes(part));
    expect([place, ...shown]).toEqual([place, true, false, false]);
  }
});
