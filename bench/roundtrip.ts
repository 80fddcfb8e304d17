// One request at a time, from the call to its answer: client and worker in processes of their own, a model that answers
// at once. Ours against stock add + waitUntilFinished.
import { startLocalRedis } from "@llm-router/service-kit";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { median, percentile, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({ rounds: 7, requests: 1_000, concurrency: 50, promptBytes: 200 });
const { rounds, requests, concurrency, promptBytes } = parameters;

await using redis = await startLocalRedis();
const setup = { port: redis.port, promptBytes, concurrency };
await using _ourWorker = await startPart("our-worker", setup);
await using _stockWorker = await startPart("stock-worker", setup);
await using ourClient = await startPart("our-client", setup);
await using stockClient = await startPart("stock-client", setup);

const measured = await interleave({
  rounds,
  sides: {
    ours: () => ourClient.ask<number[]>("oneByOne", requests),
    stock: () => stockClient.ask<number[]>("oneByOne", requests),
  },
  show: (times) => `p50 ${percentile(times, 0.5).toFixed(3)} ms, p99 ${percentile(times, 0.99).toFixed(3)} ms`,
});

/** The median over the rounds of each round's percentile. */
function figures(side: readonly number[][]): { p50Ms: number; p99Ms: number } {
  return {
    p50Ms: roundTo(median(side.map((times) => percentile(times, 0.5))), 3),
    p99Ms: roundTo(median(side.map((times) => percentile(times, 0.99))), 3),
  };
}

const ours = figures(measured.ours);
const stock = figures(measured.stock);
const ratio = roundTo(ours.p50Ms / stock.p50Ms, 3);
const ratioP99 = roundTo(ours.p99Ms / stock.p99Ms, 3);
const perRound = Object.fromEntries(
  Object.entries(measured).map(([side, all]) => [side, all.map((times) => roundTo(percentile(times, 0.5), 3))]),
);
printReport(
  { name: "roundtrip", ratio, ratioP99, goal: "≤1.1", unit: "ms", ours, stock, perRound, parameters },
  [
    { what: "roundtrip p50", ours: `${ours.p50Ms} ms`, baseline: `${stock.p50Ms} ms`, ratio, goal: "≤1.1" },
    { what: "roundtrip p99", ours: `${ours.p99Ms} ms`, baseline: `${stock.p99Ms} ms`, ratio: ratioP99, goal: "" },
  ],
  json,
);
