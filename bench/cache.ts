// The answer cache: an exact hit against a bare GET, the semantic decision beyond embedding and verifying at 10,000 and
// 100,000 entries, and embedding and verifying against calling onnxruntime directly.
import { openEngine } from "@llm-router/semantic-cache";
import { startLocalRedis } from "@llm-router/service-kit";
import { type Measured, openLookups } from "./lib/cache-lookups.ts";
import { questions } from "./lib/cache-questions.ts";
import { openExactHits } from "./lib/exact-hits.ts";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { median, percentile, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({ rounds: 5, warmUp: 5_000, hits: 1_000, lookups: 200, texts: 200, known: 800 });
const { rounds, warmUp, hits, lookups, texts, known } = parameters;

await using redis = await startLocalRedis();
await using exactHits = await openExactHits(redis.port);
const p50 = (all: readonly number[][]) => roundTo(median(all.map((times) => percentile(times, 0.5))), 3);

/** The median over the rounds of each figure, ms. CPU time hardly depends on what else the machine does. */
function figures(all: readonly Measured[]): { p50: number; p99: number; cpu: number } {
  const at = (p: number) => roundTo(median(all.map(({ times }) => percentile(times, p))), 3);
  return { p50: at(0.5), p99: at(0.99), cpu: roundTo(median(all.map(({ cpuMs }) => cpuMs)), 3) };
}

// A service answers hits for hours: V8 has compiled by then what it answers them by, as it has ioredis after a few hundred GETs.
await exactHits.hits(warmUp);
const exact = await interleave({
  rounds,
  sides: { hit: () => exactHits.hits(hits), lookup: () => exactHits.lookups(hits), get: () => exactHits.gets(hits) },
  show: (times) => `p50 ${percentile(times, 0.5).toFixed(3)} ms, p99 ${percentile(times, 0.99).toFixed(3)} ms`,
});
const engine = await openEngine({ threads: 1 });
await using direct = await startPart("direct-onnx", {});

async function perSecond(work: (count: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work(texts);
  return (1_000 * texts) / (performance.now() - startedAt);
}

const throughput = await interleave({
  rounds,
  sides: {
    embed: () => perSecond((count) => engine.embedder.embed(questions(count))),
    embedDirect: () => direct.ask<number>("embed", texts),
    score: () => perSecond((count) => engine.verifier.score(questions(count).map((a) => ({ a, b: `${a} Please.` })))),
    scoreDirect: () => direct.ask<number>("score", texts),
  },
  show: (rate) => `${rate.toFixed(0)}/s`,
});

const prompts = questions(known);
const vectors = await engine.embedder.embed(prompts);
await using small = await openLookups(prompts, vectors, 10_000);
await using large = await openLookups(prompts, vectors, 100_000);
const decision = await interleave({
  rounds,
  sides: { small: () => small.measure(lookups), large: () => large.measure(lookups) },
  show: ({ times, cpuMs }) => `p50 ${percentile(times, 0.5).toFixed(3)} ms, CPU ${cpuMs.toFixed(3)} ms`,
});

await engine.close();

const [hitMs, lookupMs, getMs] = [p50(exact.hit), p50(exact.lookup), p50(exact.get)];
const [smallMs, largeMs] = [figures(decision.small), figures(decision.large)];
const rates = Object.fromEntries(Object.entries(throughput).map(([side, all]) => [side, median(all)]));
const embedRatio = roundTo((rates["embed"] ?? 0) / (rates["embedDirect"] ?? 1), 3);
const scoreRatio = roundTo((rates["score"] ?? 0) / (rates["scoreDirect"] ?? 1), 3);
const [ratio, lookupRatio] = [roundTo(hitMs / getMs, 3), roundTo(lookupMs / getMs, 3)];
const rate = (side: string) => `${(rates[side] ?? 0).toFixed(0)}/s`;

printReport(
  {
    name: "cache",
    ratio,
    goal: "≤1.5",
    exact: { hitMs, lookupMs, getMs, lookupRatio },
    decisionMs: { at10k: smallMs, at100k: largeMs },
    loadMs: { at10k: roundTo(small.firstMs, 0), at100k: roundTo(large.firstMs, 0) },
    embedRatio,
    scoreRatio,
    perSecond: Object.fromEntries(Object.entries(rates).map(([side, value]) => [side, roundTo(value, 1)])),
    parameters,
  },
  [
    { what: "exact hit, the whole call, p50", ours: `${hitMs} ms`, baseline: `GET ${getMs} ms`, ratio, goal: "≤1.5" },
    { what: "exact hit, its way to Redis, p50", ours: `${lookupMs} ms`, baseline: `GET ${getMs} ms`, ratio: lookupRatio, goal: "≤1.5" },
    { what: "decision at 10,000 entries, ms", ours: `${smallMs.p50} ms`, baseline: "", ratio: smallMs.p50, goal: "≤1" },
    { what: "decision at 100,000 entries, ms", ours: `${largeMs.p50} ms`, baseline: "", ratio: largeMs.p50, goal: "≤10" },
    { what: "embedding", ours: rate("embed"), baseline: `onnxruntime ${rate("embedDirect")}`, ratio: embedRatio, goal: "≥0.9" },
    { what: "verifying", ours: rate("score"), baseline: `onnxruntime ${rate("scoreDirect")}`, ratio: scoreRatio, goal: "≥0.9" },
  ],
  json,
);
