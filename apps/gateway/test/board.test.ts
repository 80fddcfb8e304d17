import { parseConfig } from "@llm-router/contracts";
import { eventually, redisTest } from "@llm-router/testkit";
import { startWorker } from "@llm-router/worker-runtime";
import { expect } from "vitest";
import { call, silent, startCluster, withKeys } from "./support/cluster.ts";

const secret = "the secret recipe";

interface Queues {
  queues: { name: string; counts: Record<string, number>; jobs: { id: string; data: object; failedReason: string }[] }[];
}

redisTest("the board is for admins: a key, or a login whose cookie ends with the key", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, ops: { tenant: "ops", admin: true } });
  const gateway = await cluster.gateway({ config });
  const look = (options: Parameters<typeof call>[2]) => call(gateway, "/board/api/queues", options);
  const login = (key: string, headers = {}) =>
    fetch(`${gateway.url}/board/login`, { method: "POST", redirect: "manual", headers, body: new URLSearchParams({ key }) });

  expect((await look({})).status).toBe(401);
  expect((await look({ key: keys.a })).status).toBe(403);
  const seen = await look({ key: keys.ops });
  expect([seen.status, seen.headers.get("x-powered-by")]).toEqual([200, null]);
  const page = await call(gateway, "/board", { headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("location")]).toEqual([303, "/board/login"]);
  expect((await login(keys.a)).status).toBe(401);
  expect((await login("wrong")).status).toBe(401);
  expect((await login(keys.ops, { origin: "https://evil.example" })).status).toBe(403);

  const { status, headers } = await login(keys.ops);
  const cookie = headers.get("set-cookie") ?? "";
  expect(status).toBe(303);
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Strict/i);
  expect(cookie).toMatch(/Path=\/board/i);
  expect(cookie).not.toContain(keys.ops);
  const session = cookie.split(";")[0] ?? "";
  const pause = (more: Record<string, string>) =>
    call(gateway, "/board/api/queues/fast/pause", { method: "PUT", headers: { cookie: session, ...more } });
  expect((await look({ headers: { cookie: session } })).status).toBe(200);
  expect((await look({ headers: { cookie: `${session.slice(0, -1)}${session.endsWith("0") ? "1" : "0"}` } })).status).toBe(401);
  expect((await look({ headers: { cookie: session.replace("ops.", "a.") } })).status).toBe(401);
  expect((await pause({ origin: "https://evil.example" })).status).toBe(403);
  expect((await pause({ origin: gateway.url })).status).toBe(200);
  expect(await gateway.client.getModelStatus()).toContainEqual(expect.objectContaining({ name: "fast", paused: true }));
  // A cookie opens the board, and nothing else.
  expect((await call(gateway, "/v1/admin/stats", { headers: { cookie: session } })).status).toBe(401);
  // Another gateway, where this key is no more.
  const other = await cluster.gateway({ config: withKeys({ else: { tenant: "e", admin: true } }).config });
  expect((await call(other, "/board/api/queues", { headers: { cookie: session } })).status).toBe(401);
});

redisTest(
  "every queue is listed without prompts, a new model without a restart; retry goes through dispatch, remove cancels",
  async ({ redis }) => {
    await using cluster = await startCluster(redis);
    const gateway = await cluster.gateway();
    const look = async (queue: string, status = "latest") =>
      (await call(gateway, `/board/api/queues?activeQueue=${queue}&status=${status}&page=1&jobsPerPage=10`)).body as Queues;
    const put = (path: string) => call(gateway, `/board/api/queues/${path}`, { method: "PUT" });
    const jobsOf = async (queue: string, status: string) =>
      (await look(queue, status)).queues.find(({ name }) => name === queue)?.jobs ?? [];

    const failed = await gateway.client.enqueue({
      prompt: secret,
      model: "broken",
      tenant: "t",
      system: secret,
      metadata: { note: secret },
    });
    await failed.outcome();
    const { queues } = await look("broken");
    expect(queues.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual(["broken", "fast", "slow"]);
    const [job] = await jobsOf("broken", "failed");
    expect(job).toMatchObject({ id: failed.id, data: { request: { tenant: "t", model: "broken" } }, failedReason: "PROVIDER_REJECTED" });
    const raw = await call(gateway, `/board/api/queues/broken/${failed.id}`);
    expect(JSON.stringify([raw.body, await look("broken")])).not.toContain(secret);

    // Retry: a new request that says whose place it takes. The old one leaves the list, and stays a dead letter.
    await cluster.simulator.control({ perModel: { broken: null } });
    expect((await put(`broken/${failed.id}/retry`)).status).toBe(204);
    const replayed = await eventually(async () => {
      const [letter] = await gateway.client.deadLetters.list();
      if (letter?.replayedBy === undefined) throw new Error("not replayed yet");
      return letter.replayedBy;
    });
    expect(await gateway.client.attach(replayed).outcome()).toMatchObject({ state: "completed" });
    expect(await jobsOf("broken", "failed")).toEqual([]);
    expect((await gateway.client.getStats()).accepted).toBe(2);

    // Remove: cancelled, and told to whoever waits.
    await cluster.simulator.control({ perModel: { slow: { latencyMs: 60_000 } } });
    const running = await gateway.client.enqueue({ prompt: "p", model: "slow" });
    await eventually(async () => expect((await running.status()).state).toBe("active"));
    const waiting = await Promise.all(["q", "r"].map((prompt) => gateway.client.enqueue({ prompt, model: "slow" })));
    expect((await put(`slow/${waiting[0]?.id}/clean`)).status).toBe(204);
    expect(await waiting[0]?.outcome()).toMatchObject({ state: "cancelled" });
    expect((await put("slow/empty")).status).toBe(200);
    expect(await waiting[1]?.outcome()).toMatchObject({ state: "cancelled" });
    expect((await put(`slow/${running.id}/clean`)).status).toBe(204);
    expect(await running.outcome()).toMatchObject({ state: "cancelled" });

    // What would pass by our own rules is refused.
    for (const path of ["slow/obliterate", "slow/promote"]) expect((await put(path)).status).toBe(400);
    const added = await call(gateway, "/board/api/queues/slow/add", { body: { name: "x", data: {}, options: {} } });
    expect(added.status).toBeGreaterThanOrEqual(400);

    const config = parseConfig({ models: { late: { provider: "ollama", model: "fast", baseUrl: cluster.simulator.url } } });
    const worker = await startWorker({
      redis: { url: redis.url },
      namespace: redis.namespace,
      config,
      env: {},
      logger: silent,
      settings: "adopt",
    });
    try {
      await eventually(async () => expect((await look("late")).queues.map(({ name }) => name)).toContain("late"));
    } finally {
      await worker.close({ graceMs: 0 });
    }
  },
);

redisTest("prompts are shown where the configuration allows it", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const gateway = await cluster.gateway({ config: parseConfig({ gateway: { board: { showPrompts: true } } }) });
  const failed = await gateway.client.enqueue({ prompt: secret, model: "broken" });
  await failed.outcome();
  expect(JSON.stringify((await call(gateway, `/board/api/queues/broken/${failed.id}`)).body)).toContain(secret);
});
