import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { redisTest, spawnNode, tempDir } from "@llm-router/testkit";
import { startSimulator } from "@llm-router/simulator";
import { describe, expect, test } from "vitest";
import { findOllama } from "../src/start/find-ollama.ts";
import { runCli } from "./cli.ts";

const script = new URL("../src/start.ts", import.meta.url);
/** Nothing listens there. */
const noOllama = "127.0.0.1:1";
const freePorts = { PORT: "0", SIMULATOR_PORT: "0", WORKER_PORT: "0" };

/** Every process below `pid`, those of other process groups too. */
function descendants(pid: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] => pairs.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** Those of `pids` that still run; one that has ended and that nobody asked about does not. */
function running(pids: number[]): string[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,stat=,args="], { encoding: "utf8" }).trim().split("\n");
  return rows.filter((row) => /^\s*(\d+)\s+[^Z]/.test(row) && pids.includes(Number.parseInt(row, 10)));
}

describe("npm start", () => {
  test("starts Redis, a simulated model that says so, two workers and a gateway; answers; and leaves nothing behind", async () => {
    await using folder = await tempDir();
    const env = { REDIS_URL: undefined, OLLAMA_HOST: noOllama, TMPDIR: folder.path, ...freePorts };
    await using started = spawnNode(script, { env, cwd: folder.path });
    const [, url = ""] = await started.waitForLine(/redis +(redis:\S+) \(REDIS_URL\)/, 30_000);
    await started.waitForLine(/Ctrl-C ends it/);
    expect(started.stdout().join("\n")).toMatch(/SIMULATED answers.*http:\S+ \(SIMULATOR_PORT\)/);
    const pids = descendants(started.pid);
    expect(running(pids).filter((row) => /redis-server .*:\d+$|main\.ts/.test(row)).length).toBeGreaterThanOrEqual(5);
    const [, address = "", body = ""] = await started.waitForLine(/curl (\S+) -d '(.+)'/);
    const answer = await fetch(address, { method: "POST", body });
    expect(await answer.json()).toMatchObject({
      success: true,
      content: "This answer is simulated: no model was asked. The prompt was: Hello!",
    });

    const asked = await runCli(["ask", "Who are you?", "--redis", url]);
    expect(asked).toEqual({ code: 0, out: "This answer is simulated: no model was asked. The prompt was: Who are you?", errors: [] });
    const { out } = await runCli(["status", "--redis", url]);
    expect(out).toMatch(/^local +ollama simulated +ready +closed +0\/10000 +0 +0\/4 +2 /m);

    expect(await started.stop()).toEqual({ code: 0, signal: null });
    expect(started.stderr()).toEqual([]);
    expect(running(pids)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  redisTest(
    "serves a model of an Ollama that is running, and shows how to reach a Redis and a namespace of one's own",
    async ({ redis }) => {
      await using ollama = await startSimulator({ models: ["qwen2.5:3b"], answer: "Not simulated, says the Ollama." });
      const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, OLLAMA_HOST: ollama.url, ...freePorts };
      await using started = spawnNode(script, { env });
      await started.waitForLine(/models +local: qwen2\.5:3b of the Ollama at http/, 30_000);
      const [, flags = ""] = await started.waitForLine(/npx llm-router (.+) status/);
      expect(flags).toBe(`--redis ${redis.url} --namespace ${redis.namespace}`);
      expect(await runCli([...flags.split(" "), "ask", "Hi"])).toMatchObject({ code: 0, out: "Not simulated, says the Ollama." });
      expect(await started.stop()).toEqual({ code: 0, signal: null });
    },
  );

  redisTest("names the variable of a port that is taken, and ends", async ({ redis }) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const port = String((taken.address() as AddressInfo).port);
    const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, OLLAMA_HOST: noOllama };
    for (const variable of ["PORT", "SIMULATOR_PORT", "WORKER_PORT"]) {
      await using started = spawnNode(script, { env: { ...env, ...freePorts, [variable]: port } });
      expect(await started.exited).toEqual({ code: 1, signal: null });
      expect(started.stderr()).toEqual([expect.stringMatching(new RegExp(`^PORT_IN_USE: Port ${port} .* set ${variable} to a free one`))]);
      expect(started.stdout()).toEqual([]);
    }
    taken.close();
  });
});

test("finds the smallest model of an Ollama that answers prompts", async () => {
  await using simulator = await startSimulator({ models: ["nomic-embed-text:latest", "qwen2.5:3b"] });
  expect(await findOllama({ OLLAMA_HOST: simulator.url })).toEqual({ baseUrl: simulator.url, model: "qwen2.5:3b" });
  await simulator.control({ models: ["all-minilm:33m"] });
  expect(await findOllama({ OLLAMA_HOST: simulator.url })).toBeUndefined();
  expect(await findOllama({ OLLAMA_HOST: noOllama })).toBeUndefined();
});
