import { freePort } from "@llm-router/service-kit";
import { redisTest, startTestRedis, eventually } from "@llm-router/testkit";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { appendDeltas, cancelRequest, checkRedis, connectRedis, dispatch, whenReady } from "../src/index.ts";
import { openQueues, requestInput } from "./queue-fixture.ts";

async function connected(url: string): Promise<Redis & AsyncDisposable> {
  const redis = connectRedis({ url }, "commands");
  await whenReady(redis, 5_000);
  return Object.assign(redis, { [Symbol.asyncDispose]: async () => redis.disconnect() });
}

describe("at boot", () => {
  redisTest("a Redis as we ask for it passes without a warning", async ({ redis }) => {
    await using connection = await connected(redis.url);
    expect(await checkRedis(connection)).toMatchObject({ server: expect.stringMatching(/^(redis|valkey)$/) as string, warnings: [] });
    expect((await checkRedis(connection, "replicated")).warnings).toEqual([expect.stringContaining("no replica")]);
  });

  test("a Redis that evicts keys is refused, with the policy and the fix", async () => {
    await using server = await startTestRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
    await using connection = await connected(server.url);
    await expect(checkRedis(connection)).rejects.toMatchObject({
      code: "REDIS_POLICY",
      message: expect.stringMatching(
        /^redis [\d.]+ at 127\.0\.0\.1:\d+ has maxmemory-policy allkeys-lru, .*; set it to noeviction\.$/,
      ) as string,
    });
  });

  test("AOF off is a warning that names the setting", async () => {
    await using server = await startTestRedis({ appendonly: false });
    await using connection = await connected(server.url);
    expect((await checkRedis(connection)).warnings).toEqual([expect.stringMatching(/has AOF off: .*appendonly yes/)]);
  });
});

describe("an address", () => {
  test.each([
    ["", /is not an address/],
    ["localhost:6379", /starts with "localhost:\/\/"/],
    ["http://127.0.0.1:6379", /starts with "http:\/\/"; write redis:\/\//],
    ["redis://127.0.0.1:99999", /is not an address/],
    ["redis://127.0.0.1:6379/jobs", /names the database "jobs"/],
    ["redis://user:%zz@127.0.0.1:6379", /not an address/],
    ["redis+sentinel://u:%zz@s1/main", /not an address/],
    ["redis+sentinel://127.0.0.1:26379", /redis\+sentinel:\/\/host:port,host:port\/<master>/],
  ])("%s is refused in one sentence that says what to write", (url, message) => {
    expect(() => connectRedis({ url }, "commands")).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) as string }) as Error,
    );
  });

  test.each([
    ["redis://127.0.0.1", { host: "127.0.0.1", port: 6379 }],
    ["redis://:p%40ss@db.example:7000/3", { host: "db.example", port: 7000, password: "p@ss", db: 3 }],
    ["rediss://user:secret@[::1]:6380", { host: "::1", port: 6380, username: "user", password: "secret", tls: {} }],
    [
      "redis+sentinel://u:p@s1:26380,s2/main?db=2",
      {
        sentinels: [
          { host: "s1", port: 26380 },
          { host: "s2", port: 26379 },
        ],
        name: "main",
        db: 2,
        username: "u",
        password: "p",
      },
    ],
  ])("%s is understood", (url, options) => {
    const redis = connectRedis({ url }, "commands");
    expect(redis.options).toMatchObject(options);
    redis.disconnect();
  });
});

describe("a Redis that is not there", () => {
  test("is REDIS_UNAVAILABLE within the time asked for, without the password", async () => {
    const redis = connectRedis({ url: `redis://user:secret@127.0.0.1:${await freePort()}` }, "commands");
    const startedAt = performance.now();
    const error: unknown = await whenReady(redis, 300).catch((reason: unknown) => reason);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(error).toMatchObject({
      code: "REDIS_UNAVAILABLE",
      message: expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ did not answer within 300 ms/) as string,
    });
    expect(String(error)).not.toContain("secret");
    redis.disconnect();
  });

  test("or that does not let us in says so", async () => {
    await using server = await startTestRedis({ args: ["--requirepass", "right"] });
    const redis = connectRedis({ url: server.url.replace("//", "//:wrong-secret@") }, "commands");
    const error: unknown = await whenReady(redis, 500).catch((reason: unknown) => reason);
    redis.disconnect();
    expect(error).toMatchObject({ code: "REDIS_UNAVAILABLE", message: expect.stringMatching(/refused the login: WRONGPASS/) as string });
    expect(String(error)).not.toContain("wrong-secret");
  });

  test("refuses a request at once, and takes it again when it is back", async () => {
    await using server = await startTestRedis();
    await using queues = await openQueues(server);
    await queues.model("a");
    await server.server.kill9();
    await expect(dispatch(queues.context, requestInput("x"))).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
    await expect(cancelRequest(queues.context, "x")).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
    await server.server.restart();
    await whenReady(queues.context.redis, 10_000);
    // A server whose disk is busy may have lost what it had answered a moment before.
    await eventually(() => queues.model("a"));
    // A connection that has just come back may still break once; a resend under the same id is harmless.
    expect(["placed", "open"]).toContain((await eventually(() => queues.place("x"))).kind);
  });
});

test("a full Redis takes no new work and drains: fetch, finish, move, cancel, renew, reap and recover go on", async () => {
  await using server = await startTestRedis({ appendonly: false });
  await using queues = await openQueues(server);
  await queues.model("a", { concurrency: 10, breaker: { failureThreshold: 1 } });
  await queues.model("b");
  const both = ["a", "b"].map((model, order) => ({ model, order, perDepth: 0, perWaitMs: 0 }));
  for (const id of ["done", "lost", "cancelled", "moved", "expired", "waits"])
    await queues.place(`r.${id}`, { candidates: both, streamed: true });
  const done = await queues.take("a");
  const allowed = (script: string, key: string) => queues.admin.eval(`#!lua flags=allow-oom\n${script}`, 1, key);
  await queues.admin.config("SET", "maxmemory", "1mb");
  const full = { code: "REDIS_FULL", message: expect.stringMatching(/^Redis is full/) as string };
  await expect(queues.place("r.new")).rejects.toMatchObject(full);
  await expect(appendDeltas(queues.context, done, [{ text: "x" }])).rejects.toMatchObject(full);
  await expect(queues.context.run("cache-put", ["k:a", "{}", 1_000, 10])).rejects.toThrow(/OOM/);
  // What is under way ends.
  const lost = await queues.take("a");
  expect(await queues.context.run("renew", ["a", 6_000, lost.id, lost.lockToken, lost.epoch])).toEqual([]);
  expect(await queues.finish(done, {}, { fetchNext: true })).toMatchObject({ status: "settled", grant: { run: { id: "r.cancelled" } } });
  expect(await cancelRequest(queues.context, "r.cancelled")).toMatchObject({ state: "cancelled" });
  await allowed("redis.call('PEXPIRE', KEYS[1], 1)", `${queues.keys.queue("a")}:r.lost:lock`);
  while ((await queues.admin.exists(`${queues.keys.queue("a")}:r.lost:lock`)) === 1);
  expect(await queues.context.run("recover", [3, "a"])).toEqual(["a", "r.lost"]);
  const again = await queues.take("a");
  expect(await queues.finish(again, { mode: "move", breaker: "fail" })).toMatchObject({ status: "moved", opened: true });
  expect((await queues.move("a"))[0]).toBeGreaterThan(0);
  await allowed("redis.call('ZADD', KEYS[1], 'XX', 1, 'r.expired')", queues.keys.deadlines);
  expect(await queues.reap()).toBe(1);
  await queues.context.run("beat", ["w1", 60_000, "{}", "a", "b"]);
  for (let { run } = await queues.fetch("b"); run; { run } = await queues.fetch("b")) await queues.finish(run, {});
  await queues.admin.config("SET", "maxmemory", "0");
  expect(await queues.stats()).toMatchObject({ completed: "4", cancelled: "1", expired: "1" });
  expect((await queues.place("r.new", { candidates: both })).kind).toBe("placed");
});
