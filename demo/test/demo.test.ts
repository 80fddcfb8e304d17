import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { startSimulator } from "@llm-router/simulator";
import { type NodeProcess, redisTest, spawnNode } from "@llm-router/testkit";
import { expect, test } from "vitest";
import type { Summary } from "../summary.ts";

const main = new URL("../main.ts", import.meta.url);
/** The demo takes half a minute; a busy machine may need several. */
const timeoutMs = 240_000;
/** A closed port: whatever Ollama this machine has is left alone. */
const noOllama = "127.0.0.1:1";

interface Run extends AsyncDisposable {
  demo: NodeProcess;
  /** Processes that inherited the demo's environment and still run; where nothing says so, those of `pids` that run. */
  leftOver(pids?: readonly number[]): Promise<number[]>;
}

function startDemo(args: string[], env: Record<string, string | undefined> = {}): Run {
  const mark = randomUUID();
  const demo = spawnNode(main, { args, env: { OLLAMA_HOST: noOllama, ...env, DEMO_TEST_MARK: mark } });
  return { demo, leftOver: (pids = []) => processesWith(mark, pids), [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose]() };
}

/** By /proc, which knows whose a process is: a number of the demo's own list may be another's by now. */
async function processesWith(mark: string, listed: readonly number[]): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => undefined);
  if (!entries) return listed.filter(isRunning);
  const pids = entries.filter((name) => /^\d+$/.test(name));
  // A process may end, or belong to somebody else, while it is looked at.
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")));
  return pids.filter((_, index) => environments[index]?.includes(mark)).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

redisTest(
  "the demo shows its story, loses and duplicates nothing, and leaves no process and no key behind",
  async ({ redis }) => {
    // To the demo this is a real Ollama.
    await using ollama = await startSimulator({ models: ["tinyllama:latest"], latencyMs: 20, tokens: 100 });
    await using run = startDemo(["--json"], { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, OLLAMA_HOST: ollama.url });
    const exit = await run.demo.exited;
    const output = run.demo.stdout();
    const story = run.demo.stderr().join("\n");
    expect({ ...exit, story }).toEqual({ code: 0, signal: null, story });
    expect(output).toHaveLength(1);
    const summary = JSON.parse(output.at(-1) ?? "") as Summary;

    expect(summary).toMatchObject({ failed: 0, lost: 0, duplicated: 0, workersKilled: 1 });
    expect(summary.completed + summary.failed + summary.refused).toBe(summary.requests);
    expect(summary.breakerOpened).toBeGreaterThanOrEqual(1);
    expect(summary.cacheHits).toBeGreaterThanOrEqual(1);
    expect(summary.refused).toBeGreaterThanOrEqual(1);
    expect(summary.moved).toBeGreaterThanOrEqual(1);

    expect(Object.keys(summary.perClass)).toEqual(["CRITICAL", "HIGH", "NORMAL", "LOW"]);
    expect(sum(Object.values(summary.perClass).map(({ count }) => count))).toBe(summary.requests);
    const models = Object.values(summary.perModel);
    expect(sum(models.map(({ answered }) => answered)) + summary.cacheHits).toBe(summary.completed);
    expect(sum(models.map(({ movedOut }) => movedOut))).toBe(sum(models.map(({ movedIn }) => movedIn)));
    expect(summary.perModel["gpu-fast"]?.breaker.map(({ state }) => state)).toEqual(
      expect.arrayContaining(["open", "half-open", "closed"]),
    );
    expect(summary.perModel["gpu-fast"]?.breaker.at(-1)?.state).toBe("closed");

    expect(summary.perModel["ollama-local"]).toMatchObject({ simulated: false, answered: 4 });
    expect(models.filter(({ simulated }) => simulated)).toHaveLength(3);
    expect(ollama.stats.received).toBeLessThanOrEqual(10);
    expect(Math.max(...ollama.calls().map(({ tokensSent }) => tokensSent))).toBeLessThanOrEqual(24);
    expect(run.demo.stderr()[0]).toMatch(/Real model: tinyllama:latest of the Ollama at .*10 calls at most/);
    expect(story).toMatch(/Simulated: .*words without sense/);
    expect(story).toMatch(/refused at once, QUEUE_FULL: .*cpu-small \(full \d+\/\d+\)/);

    expect(run.demo.stderr().at(-1)).toBe("Lost: 0. Duplicated: 0."); // and no warning behind it
    expect(await redis.admin.keys("*")).toEqual([]);
    expect(summary.pids.length).toBeGreaterThanOrEqual(5);
    expect(await run.leftOver(summary.pids)).toEqual([]);
  },
  timeoutMs,
);

test(
  "Ctrl-C ends it and all that it started, its Redis too",
  async () => {
    await using run = startDemo([], { REDIS_URL: undefined });
    await run.demo.waitForLine(/prompts from demo\/prompts\.txt are sent/, timeoutMs);
    expect((await run.leftOver()).length).toBeGreaterThan(6);
    run.demo.signal("SIGINT");
    expect(await run.demo.exited).toEqual({ code: 130, signal: null });
    expect(run.demo.stdout().at(-1)).toMatch(/The demo stops: interrupted by SIGINT\.$/);
    expect(await run.leftOver()).toEqual([]);
  },
  timeoutMs,
);

test("what is wrong at the start is said in one line", async () => {
  await using unknown = startDemo(["--jsn"]);
  await using noKey = startDemo(["--real"], { OPENAI_API_KEY: undefined });
  await using noRedis = startDemo(["--json"], { REDIS_URL: "redis://:hunter2@127.0.0.1:1" });
  expect(await Promise.all([unknown, noKey, noRedis].map(({ demo }) => demo.exited))).toEqual(
    Array.from({ length: 3 }, () => ({ code: 1, signal: null })),
  );
  expect(unknown.demo.stderr()).toEqual([expect.stringContaining("--jsn")]);
  expect(noKey.demo.stderr()).toEqual([expect.stringContaining("OPENAI_API_KEY")]);
  expect(noRedis.demo.stdout()).toEqual([]);
  expect(noRedis.demo.stderr().at(-1)).toMatch(/The demo stops: Redis at 127\.0\.0\.1:1 did not answer/);
  expect(noRedis.demo.stderr().join("\n")).not.toContain("hunter2");
});
