// Resident memory of a worker process: idle, after a warm-up of 20,000 requests and after 100,000, one client at 64 in flight.
import { setTimeout as delay } from "node:timers/promises";
import { startLocalRedis } from "@llm-router/service-kit";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  requests: 100_000,
  warmUp: 20_000,
  step: 10_000,
  settleMs: 2_000,
  inFlight: 64,
  concurrency: 50,
  promptBytes: 200,
});
const { requests, warmUp, step, settleMs, inFlight, concurrency, promptBytes } = parameters;
const limitMb = 120;
/** RSS moves by some per cent with the moment in the garbage collector's cycle. */
const growthLimit = 1.1;

await using redis = await startLocalRedis();
const setup = { port: redis.port, promptBytes, concurrency };
await using worker = await startPart("our-worker", setup);
await using client = await startPart("our-client", setup);

/** Once the process has had time to settle, MB. */
async function rssMb(): Promise<number> {
  await delay(settleMs);
  return (await worker.ask<number>("rss")) / 1_048_576;
}

const series: { requests: number; rssMb: number }[] = [];
async function sample(done: number): Promise<number> {
  const mb = roundTo(await rssMb(), 1);
  series.push({ requests: done, rssMb: mb });
  console.error(`bench: ${String(done).padStart(7)} requests  ${mb} MB`);
  return mb;
}

const idle = await sample(0);
let warm = idle;
let after = idle;
for (let done = 0; done < requests;) {
  // The steps meet the warm-up point, so that it is a point of its own.
  const upTo = Math.min(done + step, requests, done < warmUp ? warmUp : requests);
  await client.ask("place", { count: upTo - done, inFlight });
  done = upTo;
  after = await sample(done);
  if (done <= warmUp) warm = after;
}

const highest = Math.max(...series.map((point) => point.rssMb));
const ratio = roundTo(after / warm, 3);
printReport(
  {
    name: "memory",
    ratio,
    goal: `≤${growthLimit}`,
    unit: "MB",
    idleMb: idle,
    warmMb: warm,
    afterMb: after,
    highestMb: highest,
    limitMb,
    withinLimit: highest <= limitMb,
    series,
    parameters,
  },
  [
    { what: "worker, after against warm", ours: `${after} MB`, baseline: `${warm} MB`, ratio, goal: `≤${growthLimit}` },
    { what: "worker, highest against limit", ours: `${highest} MB`, baseline: `${limitMb} MB`, ratio: highest / limitMb, goal: "≤1" },
    { what: "worker, idle against limit", ours: `${idle} MB`, baseline: `${limitMb} MB`, ratio: idle / limitMb, goal: "≤1" },
  ],
  json,
);
