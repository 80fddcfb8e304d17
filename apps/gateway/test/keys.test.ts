import { request as httpRequest } from "node:http";
import { parseConfig } from "@llm-router/contracts";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { call, startCluster, withKeys } from "./support/cluster.ts";

redisTest("300 requests at once over two gateways on a key with 100 a minute: 100 pass, the rest are told when", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a", rpm: 100 } });
  const gateways = await Promise.all([cluster.gateway({ config }), cluster.gateway({ config })]);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      call(gateways[i % 2] ?? { url: "" }, "/generate", { key: keys.a, body: { prompt: `p${i}`, model: "fast" } }),
    ),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
  expect(refused).toHaveLength(200);
  for (const { headers, body } of refused) {
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(61);
    expect(body.error.code).toBe("RATE_LIMITED");
  }
  expect(cluster.simulator.stats.received).toBe(100);
});

redisTest("a key's tokens are reserved and then settled to what was used", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a", tpm: 2_000 } });
  const gateway = await cluster.gateway({ config });
  const ask = (maxTokens: number) => call(gateway, "/generate", { key: keys.a, body: { prompt: "p", model: "fast", maxTokens } });
  // Each reserves most of the limit, and uses little of it.
  for (let i = 0; i < 3; i += 1) {
    const answer = await eventually(async () => {
      const { status, body } = await ask(1_500);
      if (status !== 200) throw new Error(JSON.stringify(body));
      return body;
    });
    expect(answer.usage.totalTokens).toBeLessThan(500);
  }
  const both = await Promise.all([ask(1_500), ask(1_500)]);
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 429]);
});

redisTest("who leaves before the end has used what was reserved, and what is refused used nothing", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a", tpm: 2_000 } });
  const gateway = await cluster.gateway({ config });
  const used = async () => Number((await redis.admin.hget(`{${redis.namespace}}:rk:key:a:sum`, "tk")) ?? 0);
  const ask = (model: string) => ({ key: keys.a, body: { prompt: "p", model, maxTokens: 1_500 } });
  expect((await call(gateway, "/generate", ask("nobody"))).status).toBe(400);
  await eventually(async () => expect(await used()).toBe(0));
  await cluster.simulator.control({ perModel: { slow: { latencyMs: 60_000 } } });
  const { body } = await call(gateway, "/v1/jobs", ask("slow"));
  expect(await used()).toBeGreaterThan(1_500);
  await call(gateway, `/v1/jobs/${body.id}`, { key: keys.a, method: "DELETE" });
  expect(await call(gateway, "/generate", ask("fast"))).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED" } } });
});

redisTest("nobody gets in without a key, or with a wrong one, and nothing is left of it", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, b: { tenant: "b" } });
  const gateway = await cluster.gateway({ config });
  const body = { prompt: "secret prompt", model: "fast" };
  const before = await redis.admin.keys(`{${redis.namespace}}:r:*`);
  const wrong = [undefined, "x", `${keys.a.slice(0, -1)}~`, keys.a.replace("sk-llmr-a", "sk-llmr-b"), "sk-llmr-nobody-".padEnd(58, "x")];
  for (const key of wrong) {
    for (const path of ["/generate", "/v1/chat/completions", "/api/generate", "/v1/jobs", "/v1/admin/stats", "/metrics"]) {
      const answer = await call(gateway, path, { ...(key !== undefined && { key }), ...(path.startsWith("/v1/admin") ? {} : { body }) });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(JSON.stringify(answer.body)).not.toContain("sk-llmr");
    }
  }
  // In the words of the API that was asked for.
  const [openai, ollama] = [await call(gateway, "/v1/chat/completions", { body }), await call(gateway, "/api/chat", { body })];
  expect(openai.body.error).toMatchObject({ type: "authentication_error", code: "invalid_api_key", message: expect.any(String) });
  expect(ollama.body.error).toEqual(expect.any(String));
  expect(await redis.admin.keys(`{${redis.namespace}}:r:*`)).toEqual(before);
  expect((await call(gateway, "/generate", { headers: { "x-api-key": keys.a }, body })).status).toBe(200);
});

redisTest("a restricted key uses its classes and models only", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a", classes: ["high", "low"], models: ["slow"] } });
  const gateway = await cluster.gateway({ config });
  const ask = (body: object, headers = {}) => call(gateway, "/generate", { key: keys.a, body: { prompt: "p", ...body }, headers });
  expect((await ask({})).body).toMatchObject({ modelUsed: "slow" });
  expect((await ask({ priority: "high" })).status).toBe(200);
  expect(await ask({ priority: "critical" })).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
  expect(await ask({}, { "x-priority": "normal" })).toMatchObject({ status: 403 });
  const other = await ask({ model: "fast" });
  expect(other).toMatchObject({ status: 403 });
  expect(other.body.error.message).toContain("slow");
  const [openai, ollama] = [await call(gateway, "/v1/models", { key: keys.a }), await call(gateway, "/api/tags", { key: keys.a })];
  expect(openai.body.data.map(({ id }: { id: string }) => id)).toEqual(["slow", "auto"]);
  expect(ollama.body.models.map(({ name }: { name: string }) => name)).toEqual(["slow", "auto"]);
  expect((await gateway.client.getStats()).requestsByPriority).toEqual({ CRITICAL: 0, HIGH: 1, NORMAL: 0, LOW: 1 });
});

redisTest(
  "keys made in Redis work at once, and are refused soon after they are revoked; the gateway does not open again",
  async ({ redis }) => {
    await using cluster = await startCluster(redis);
    const gateway = await cluster.gateway();
    const look = (key?: string) => call(gateway, "/v1/admin/stats", key === undefined ? {} : { key });
    expect((await look()).status).toBe(200);
    const { config, keys } = withKeys({ ops: { tenant: "ops", admin: true } });
    const { ops } = config.gateway.keys;
    if (!ops) throw new Error("no key was made");
    await gateway.client.apiKeys.add({ id: "ops", ...ops });
    await eventually(async () => expect((await look()).status).toBe(401));
    expect((await look(keys.ops)).status).toBe(200);
    expect((await look(`${keys.ops.slice(0, -2)}${keys.ops.endsWith("AA") ? "BA" : "AA"}`)).status).toBe(401);
    await gateway.client.apiKeys.revoke("ops");
    await eventually(async () => expect((await look(keys.ops)).status).toBe(401));
    expect((await look()).status).toBe(401);
  },
);

redisTest("only an admin key names another tenant", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, ops: { tenant: "ops", admin: true } });
  const gateway = await cluster.gateway({ config });
  const submit = (key: string, headers = {}) => call(gateway, "/v1/jobs", { key, headers, body: { prompt: "p", model: "fast" } });
  expect(await submit(keys.a, { "x-tenant": "b" })).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
  const forB = await submit(keys.ops, { "x-tenant": "b" });
  const ofOps = await submit(keys.ops);
  const tenantOf = async (id: string) => (await gateway.client.attach(id).status()).tenant;
  expect(await tenantOf(forB.body.id)).toBe("b");
  expect(await tenantOf(ofOps.body.id)).toBe("ops");
  expect((await call(gateway, "/v1/admin/stats", { key: keys.a })).status).toBe(403);
});

redisTest("without keys only this machine is answered, by its name, and no page of another origin", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const gateway = await cluster.gateway();
  const ask = (headers: Record<string, string>, method = "POST") =>
    new Promise<number>((resolve, reject) => {
      const sent = httpRequest(`${gateway.url}/${method === "GET" ? "v1/admin/stats" : "generate"}`, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on("error", reject);
      sent.end(method === "GET" ? undefined : JSON.stringify({ prompt: "p", model: "fast" }));
    });
  const { host } = new URL(gateway.url);
  for (const name of ["evil.example", `evil.example:${new URL(gateway.url).port}`, "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0"]) {
    expect([name, await ask({ host: name }), await ask({ host: name }, "GET")]).toEqual([name, 403, 403]);
  }
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) expect(await ask({ host, origin })).toBe(403);
  expect(await ask({ host, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await ask({ host, origin: gateway.url })).toBe(200);
  for (const name of ["localhost", "127.0.0.1", "[::1]:8080", "llm.localhost:80"]) expect(await ask({ host: name })).toBe(200);
});

redisTest("a public address needs a key first, and is never open", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  await expect(cluster.gateway({ host: "0.0.0.0" })).rejects.toMatchObject({
    code: "NO_KEYS",
    message: expect.stringContaining("0.0.0.0"),
    fix: expect.stringContaining("llm-router keys create"),
  });
  const { config, keys } = withKeys({ a: { tenant: "a" } });
  const gateway = await cluster.gateway({ host: "0.0.0.0", config });
  const at = { url: `http://127.0.0.1:${new URL(gateway.url).port}` };
  expect((await call(at, "/generate", { body: { prompt: "p" } })).status).toBe(401);
  expect((await call(at, "/generate", { key: keys.a, body: { prompt: "p", model: "fast" } })).status).toBe(200);
  expect(parseConfig({}).gateway.keys).toEqual({});
});
