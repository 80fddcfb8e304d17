import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { call, startCluster, withKeys } from "./support/cluster.ts";

redisTest("one tenant never sees another's job: not its state, events, history or failure, and cannot end it", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, b: { tenant: "b" }, ops: { tenant: "ops", admin: true } });
  const gateway = await cluster.gateway({ config });
  const ask = (key: keyof typeof keys, path: string, options: Parameters<typeof call>[2] = {}) =>
    call(gateway, path, { key: keys[key], ...options });
  const submit = async (key: keyof typeof keys, model: string) =>
    (await ask(key, "/v1/jobs", { body: { prompt: "p", model } })).body.id as string;
  await cluster.simulator.control({ perModel: { slow: { latencyMs: 60_000 } } });
  const [running, failed, ofB] = [await submit("a", "slow"), await submit("a", "broken"), await submit("b", "broken")];
  await Promise.all([failed, ofB].map((id) => gateway.client.attach(id).outcome()));

  const unknown = `${failed.slice(0, -12)}000000000000`;
  for (const id of [running, failed]) {
    const attempts = [
      { path: "" },
      { path: "/events" },
      { path: "/history" },
      { path: "", method: "DELETE" },
      { path: `/../../dead-letters/${id}`, method: "DELETE" },
    ];
    for (const { path, method = "GET" } of attempts) {
      const theirs = await ask("b", `/v1/jobs/${id}${path}`, { method });
      const nobodys = await ask("b", `/v1/jobs/${unknown}${path.replace(id, unknown)}`, { method });
      expect([path, method, theirs.status, nobodys.status]).toEqual([path, method, 404, 404]);
      // Nothing tells them apart.
      expect(JSON.stringify(theirs.body).replaceAll(id, "ID")).toBe(JSON.stringify(nobodys.body).replaceAll(unknown, "ID"));
    }
    expect((await ask("b", `/v1/dead-letters/${id}/replay`, { method: "POST" })).status).toBe(404);
  }
  expect((await ask("a", `/v1/jobs/${running}`)).body.state).toBe("active");
  expect((await ask("ops", `/v1/jobs/${running}`)).body.state).toBe("active");
  expect((await ask("ops", `/v1/jobs/${running}`, { headers: { "x-tenant": "b" } })).status).toBe(404);

  const letters = async (key: keyof typeof keys, query = "") =>
    (await ask(key, `/v1/dead-letters${query}`)).body.deadLetters.map(({ id }: { id: string }) => id) as string[];
  expect(await letters("a")).toEqual([failed]);
  expect(await letters("b")).toEqual([ofB]);
  expect(await letters("ops")).toEqual([ofB, failed]);
  expect(await letters("ops", "?tenant=a")).toEqual([failed]);
  expect((await ask("b", "/v1/dead-letters?tenant=a")).status).toBe(403);
  expect((await ask("b", "/v1/dead-letters?all=true", { method: "DELETE" })).body).toEqual({ purged: 1 });
  expect(await letters("ops")).toEqual([failed]);

  // Its owner may do all of that.
  await cluster.simulator.control({ perModel: { broken: null } });
  const replay = await ask("a", `/v1/dead-letters/${failed}/replay`, { body: { priority: "high" } });
  expect(replay).toMatchObject({ status: 202, body: { replayOf: failed } });
  expect(replay.headers.get("location")).toBe(`/v1/jobs/${replay.body.id}`);
  await gateway.client.attach(replay.body.id).outcome();
  expect((await ask("a", `/v1/jobs/${replay.body.id}`)).body).toMatchObject({ state: "completed", class: "HIGH" });
  expect((await ask("b", `/v1/jobs/${replay.body.id}`)).status).toBe(404);
  expect((await ask("a", `/v1/dead-letters/${failed}`, { method: "DELETE" })).body).toEqual({ purged: 1 });
  expect((await ask("a", `/v1/jobs/${running}`, { method: "DELETE" })).body).toEqual({ id: running, state: "cancelled" });
});

redisTest("a restricted key replays by its own classes and models only", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, low: { tenant: "a", models: ["fast"], classes: ["low"] } });
  const gateway = await cluster.gateway({ config });
  const failed = async (priority: string) => {
    const { body } = await call(gateway, "/v1/jobs", { key: keys.a, body: { prompt: "p", model: "broken", priority } });
    await gateway.client.attach(body.id).outcome();
    return body.id as string;
  };
  const replay = async (id: string, body?: object) =>
    call(gateway, `/v1/dead-letters/${id}/replay`, { key: keys.low, method: "POST", ...(body && { body }) });
  const [low, high] = [await failed("low"), await failed("high")];
  expect((await replay(high)).status).toBe(403);
  expect((await replay(low, { model: "broken" })).status).toBe(403);
  for (const answer of [await replay(low), await replay(high, { priority: "low" })]) {
    expect(answer.status).toBe(202);
    expect(await gateway.client.attach(answer.body.id).outcome()).toMatchObject({ state: "completed", result: { modelUsed: "fast" } });
  }
});

redisTest("the same idempotency key of two tenants is two requests", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, b: { tenant: "b" } });
  const gateway = await cluster.gateway({ config });
  const ask = (key: string) =>
    call(gateway, "/generate", { key, headers: { "idempotency-key": "same" }, body: { prompt: "p", model: "fast" } });
  const [one, two, again] = [await ask(keys.a), await ask(keys.b), await ask(keys.a)];
  expect(one.body.id).not.toBe(two.body.id);
  expect(again.body.id).toBe(one.body.id);
});

const as = (tenant: string) => ({ headers: { "x-tenant": tenant } });

redisTest("without keys x-tenant says whose a request is, and who names none sees all", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const gateway = await cluster.gateway();
  const { body } = await call(gateway, "/v1/jobs", { ...as("a"), body: { prompt: "p", model: "fast" } });
  const statuses = await Promise.all([as("a"), as("b"), {}].map((options) => call(gateway, `/v1/jobs/${body.id}`, options)));
  expect(statuses.map(({ status }) => status)).toEqual([200, 404, 200]);
});
