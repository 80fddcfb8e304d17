// Resident memory of a worker process: idle, after a warm-up of 20,000 requests and after 100,000, one client at 64 in flight. What is
// measured is what users install: the packages are built, packed and installed with npm.
// `worker` has a backend of its own in process, so that it is the worker that is seen; `overHttp` is `llm-router worker` in front of an
// OpenAI-compatible server, with the client, sockets and buffers that this takes.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { spawnTied, startLocalRedis, type TiedProcess } from "@llm-router/service-kit";
import { startSimulator } from "@llm-router/simulator";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { answer, namespace } from "./lib/setup.ts";
import { roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  requests: 100_000,
  httpRequests: 20_000,
  steps: 5,
  settleMs: 2_000,
  inFlight: 64,
  concurrency: 50,
  promptBytes: 200,
});
const { requests, httpRequests, steps, settleMs, inFlight, concurrency, promptBytes } = parameters;
const limitMb = 120;
/** RSS moves by some per cent with the moment in the garbage collector's cycle. */
const growthLimit = 1.1;

await using folder = await mkdtempDisposable(join(tmpdir(), "llmr-bench-"));
const user = folder.path;
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const run = promisify(execFile);
await run(process.execPath, [at("scripts/build-package.ts"), "llm-router"]);
await writeFile(join(user, "package.json"), '{ "private": true, "type": "module" }');
await run("npm", ["install", "--install-links", "--no-audit", "--no-fund", at("apps/cli/dist")], { cwd: user });

interface Series {
  idleMb: number;
  /** After one step (a fifth, by default). */
  warmMb: number;
  afterMb: number;
  highestMb: number;
  points: { requests: number; rssMb: number }[];
}

async function rssMb(worker: TiedProcess): Promise<number> {
  await delay(settleMs);
  if (!worker.running) throw new Error(`the worker ended: ${await worker.ended}`);
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8")) ?? [];
  return roundTo(Number(kb) / 1_024, 1);
}

/** Until the worker has defined its model, nobody knows it. */
async function untilServed(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await delay(200);
    }
  }
}

/** Starts a worker by a program's arguments, has it answer `count` requests, and watches its memory. */
async function watch(what: string, args: readonly string[], count: number): Promise<Series> {
  await using redis = await startLocalRedis();
  const settings = [`REDIS_URL=redis://127.0.0.1:${redis.port}`, `LLMR_NAMESPACE=${namespace}`];
  const worker = await spawnTied("env", ["-C", user, ...settings, process.execPath, ...args], () => undefined);
  await using client = await startPart("our-client", { port: redis.port, promptBytes, concurrency });
  await untilServed(() => client.ask("place", { count: 1, inFlight: 1 }));
  const points = [{ requests: 0, rssMb: await rssMb(worker) }];
  for (let step = 1; step <= steps; step++) {
    await client.ask("place", { count: Math.round(count / steps), inFlight });
    const point = { requests: Math.round((count * step) / steps), rssMb: await rssMb(worker) };
    points.push(point);
    console.error(`bench: ${what}  ${String(point.requests).padStart(7)} requests  ${point.rssMb} MB`);
  }
  worker.kill("SIGTERM");
  await worker.ended;
  const mbAt = (index: number) => points.at(index)?.rssMb ?? 0;
  return { idleMb: mbAt(0), warmMb: mbAt(1), afterMb: mbAt(-1), highestMb: Math.max(...points.map((point) => point.rssMb)), points };
}

const script = join(user, "worker.mjs");
await writeFile(
  script,
  `import { setFlagsFromString } from "node:v8";
// What \`llm-router worker\` sets for itself.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=20");
const { LLMRouter } = await import(process.argv[2]);
const router = new LLMRouter({ redis: process.env.REDIS_URL, namespace: process.env.LLMR_NAMESPACE });
const answer = { content: ${JSON.stringify(answer)}, finishReason: "stop", usage: { promptTokens: 8, completionTokens: 8, totalTokens: 16 } };
router.addModel("echo", { concurrency: ${concurrency}, backend: { generate: async () => answer } });
await router.start();
setInterval(() => undefined, 1_000_000);
`,
);
const worker = await watch("worker", [script, "llm-router"], requests);

await using simulator = await startSimulator({ models: ["echo"] });
const configFile = join(user, "llm-router.json");
const echo = { provider: "openai", model: "echo", baseUrl: `${simulator.url}/v1`, concurrency };
await writeFile(configFile, JSON.stringify({ models: { echo } }));
const overHttp = await watch("over HTTP", ["node_modules/llm-router/cli.js", "worker", "--config", configFile], httpRequests);

const ratio = roundTo(worker.afterMb / worker.warmMb, 3);
const rows = [
  { what: "worker, idle", mb: worker.idleMb },
  { what: "worker, highest", mb: worker.highestMb },
  { what: "over HTTP, idle", mb: overHttp.idleMb },
  { what: "over HTTP, highest", mb: overHttp.highestMb },
];
printReport(
  {
    name: "memory",
    ratio,
    goal: `≤${growthLimit}`,
    unit: "MB",
    limitMb,
    withinLimit: worker.highestMb <= limitMb,
    worker,
    overHttp,
    parameters,
  },
  [
    { what: "worker, after against warm", ours: `${worker.afterMb} MB`, baseline: `${worker.warmMb} MB`, ratio, goal: `≤${growthLimit}` },
    ...rows.map(({ what, mb }) => ({ what, ours: `${mb} MB`, baseline: `${limitMb} MB`, ratio: mb / limitMb, goal: "≤1" })),
  ],
  json,
);
