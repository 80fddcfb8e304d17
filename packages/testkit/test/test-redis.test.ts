import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, spawnNode, startTestRedis, tempDir, withRedis } from "@llm-router/testkit";

test("a killed Redis comes back on its port with its data, and leaves no folder behind", async () => {
  let dir = "";
  {
    await using redis = await startTestRedis({ args: ["--appendfsync", "always"] });
    dir = redis.server.dir;
    await redis.admin.set("key", "kept");
    const pid = redis.server.pid;
    await redis.server.kill9();
    expect(redis.server.pid).toBeUndefined();
    await redis.server.restart();
    expect(redis.server.pid).not.toBe(pid);
    expect(await redis.admin.get("key")).toBe("kept");
    expect(existsSync(dir)).toBe(true);
  }
  expect(existsSync(dir)).toBe(false);
});

test("a port that is taken is reported with the server's own words", async () => {
  await using redis = await startTestRedis();
  await expect(startTestRedis({ port: redis.server.port })).rejects.toThrow(/REDIS_START_FAILED.*Failed listening on port/s);
});

test("eventually gives up with the last error", async () => {
  let calls = 0;
  const never = eventually(
    () => {
      throw new Error(`call ${++calls}`);
    },
    { timeoutMs: 30, intervalMs: 5 },
  );
  await expect(never).rejects.toThrow(/call [2-9]/);
});

test("a redis-server dies with its owner, also when that is killed", async () => {
  await using dir = await tempDir();
  await using owner = spawnNode(new URL("redis-owner.fixture.ts", import.meta.url), { args: [dir.path] });
  const [, port] = await owner.waitForLine(/^port (\d+)$/);
  const url = `redis://127.0.0.1:${port}`;
  const ping = () => withRedis(url, (redis) => redis.ping());
  expect(await ping()).toBe("PONG");
  await owner.kill9();
  await eventually(() => expect(ping()).rejects.toThrow(/ECONNREFUSED/));
});
