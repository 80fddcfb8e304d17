// The same pairs through the running product (a is asked, then b) and through the bench of the cache's quality: whether both decide
// alike. Each pair has a tenant of its own, so that b can only meet a.
import { parseArgs } from "node:util";
import { RouterError } from "@llm-router/contracts";
import { openEngine } from "@llm-router/semantic-cache";
import { startLocalRedis } from "@llm-router/service-kit";
import { LLMRouter } from "llm-router";
import { decidePairs, readPairs } from "./lib/cache-pairs.ts";
import { printReport } from "./lib/report.ts";
import { roundTo } from "./lib/statistics.ts";

const { values: options } = parseArgs({
  options: {
    pairs: { type: "string", default: new URL("data/prompt-pairs.jsonl", import.meta.url).pathname },
    count: { type: "string", default: "300" },
    json: { type: "boolean", default: false },
  },
});
const thresholds = { similarityThreshold: 0.92, candidateFloor: 0.75 };
/** A lookup that took too long is a miss; the next one is as good. */
const tries = 5;
const atOnce = 2;

const pairs = (await readPairs(options.pairs)).slice(0, Number(options.count));
const engine = await openEngine({ threads: 1 });
const decided = await decidePairs(pairs, engine, thresholds);
await engine.close();

await using redis = await startLocalRedis();
await using router = new LLMRouter({ redis: `redis://127.0.0.1:${redis.port}` });
router.enableCache({ similarityThreshold: thresholds.similarityThreshold, ttlHours: 1, maxEntries: 10_000 });
router.addModel("echo", { backend: { generate: async () => ({ content: "An answer.", finishReason: "stop" }) } });

const ask = (prompt: string, at: number, cache: "use" | "only") => router.generate({ prompt, tenant: `t${at}`, temperature: 0, cache });

/** Whether b is answered by what a was answered. */
async function isServed(b: string, at: number): Promise<boolean> {
  for (let n = 0; n < tries; n++) {
    try {
      return (await ask(b, at, "only")).cached !== false;
    } catch (error) {
      if (!RouterError.is(error) || error.code !== "CACHE_MISS") throw error;
    }
  }
  return false;
}

async function inTurn(work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < pairs.length) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

await inTurn(async (at) => void (await ask(pairs[at]?.a ?? "", at, "use")));
const served: boolean[] = [];
await inTurn(async (at) => {
  served[at] = await isServed(pairs[at]?.b ?? "", at);
});
const differing = decided.flatMap((pair, at) => (pair.served === served[at] ? [] : [{ ...pair, product: served[at] }]));
const ratio = roundTo(1 - differing.length / Math.max(pairs.length, 1), 4);
printReport(
  { name: "cache-agreement", ratio, goal: "=1", pairs: pairs.length, served: served.filter(Boolean).length, differing },
  [{ what: "the same decision", ours: String(pairs.length - differing.length), baseline: String(pairs.length), ratio, goal: "=1" }],
  options.json,
);
