import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";

const owner = `
  import { startLocalRedis } from "${new URL("../src/index.ts", import.meta.url).href}";
  const redis = await startLocalRedis({ dir: process.argv[1] });
  console.log(redis.port);
  setInterval(() => {}, 1000);
`;

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "llmr-test-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("a redis-server of ours dies with its owner, also when that is killed", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", owner, dir], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(createInterface(child.stdout), "line")) as [string];
  const connection = createConnection(Number(port), "127.0.0.1");
  connection.on("error", () => undefined); // a reset is as good an end as any
  await once(connection, "connect");
  const closed = new Promise((resolve) => connection.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
  const second = createConnection(Number(port), "127.0.0.1");
  await expect(once(second, "connect")).rejects.toThrow(/ECONNREFUSED/);
});
