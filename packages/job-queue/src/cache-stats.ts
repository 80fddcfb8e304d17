import type { SemanticCacheStatus } from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import { countersBy } from "./counters.ts";
import type { QueueContext } from "./scripts.ts";

/** What the cache of a namespace did, all processes together, and what it holds. */
export interface CacheStats {
  /** Answers that are still served, of both tiers. */
  entries: number;
  /** Of answers and vectors in Redis; what has expired counts until the next answer is stored. */
  bytes: number;
  hits: { exact: number; semantic: number };
  /** Requests that were not answered from the cache, by reason. */
  misses: Record<string, number>;
  /** Candidates that were refused, by guard, or by `verifier`. */
  rejections: Record<string, number>;
  /** Pairs of questions that the verifier read, and the mean of its logits. */
  verifierScores: { count: number; mean: number };
  /** Lookups of the semantic tier: their mean, and how many took longer than the bucket before, and at most so many ms (null: more than all). */
  lookups: { count: number; meanMs: number; buckets: { atMostMs: number | null; count: number }[] };
  stored: number;
  evicted: number;
  expired: number;
  purged: number;
  /** Wrong hits that were reported, with their prompts. */
  reported: number;
}

/** Adds to the counters of the namespace: `hit:semantic`, `miss:<reason>`, and what the functions below give. */
export async function addCacheStats(context: QueueContext, counts: Readonly<Record<string, number>>): Promise<void> {
  const args = Object.entries(counts).flatMap(([field, by]) => (by === 0 ? [] : [field, Math.round(by)]));
  if (args.length === 0) return;
  await context.run("cache-count", args).catch((error: unknown) => {
    throw redisError(error, "counting for the cache");
  });
}

const lookupBoundsMs = [1, 2, 5, 10, 20, 50, 100, 250];

/** The counts of one lookup of the semantic tier that took `ms`. */
export function lookupCounts(ms: number): Record<string, number> {
  const bound = lookupBoundsMs.find((each) => ms <= each);
  return { [`lookup:${bound ?? "more"}`]: 1, lookupUs: ms * 1_000 };
}

/** What a process's semantic cache has counted since `before`: what refused candidates, and the verifier's scores. */
export function semanticCounts(now: SemanticCacheStatus, before?: SemanticCacheStatus): Record<string, number> {
  const rejected = Object.entries(now.rejections).map(([by, count]) => [`rejected:${by}`, count - (before?.rejections[by] ?? 0)]);
  return {
    ...(Object.fromEntries(rejected) as Record<string, number>),
    scores: (now.verifierScore?.count ?? 0) - (before?.verifierScore?.count ?? 0),
    scoreMilli: 1_000 * (sumOf(now.verifierScore) - sumOf(before?.verifierScore)),
  };
}

function sumOf(scores: SemanticCacheStatus["verifierScore"]): number {
  return scores ? scores.count * scores.mean : 0;
}

export async function readCacheStats(context: QueueContext): Promise<CacheStats> {
  const { redis, keys } = context;
  const read = async () => {
    const [seconds, micros] = await redis.time();
    const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    return Promise.all([
      redis.hgetall(`${keys.prefix}:cache-stats`),
      redis.hget(keys.stats, "cacheHits"),
      redis.zcount(`${keys.prefix}:xe`, `(${now}`, "+inf"),
    ]);
  };
  const [raw, cacheHits, entries] = await read().catch((error: unknown) => {
    throw redisError(error, "reading the cache's statistics");
  });
  const number = (field: string) => Number(raw[field] ?? 0);
  const by = (prefix: string) => countersBy(raw, prefix);
  const semantic = number("hit:semantic");
  const buckets = by("lookup:");
  const count = Object.values(buckets).reduce((sum, each) => sum + each, 0);
  return {
    entries,
    bytes: number("bytes"),
    // The dispatch script counts both.
    hits: { exact: Math.max(0, Number(cacheHits ?? 0) - semantic), semantic },
    misses: by("miss:"),
    rejections: by("rejected:"),
    verifierScores: { count: number("scores"), mean: number("scores") === 0 ? 0 : number("scoreMilli") / number("scores") / 1_000 },
    lookups: {
      count,
      meanMs: count === 0 ? 0 : number("lookupUs") / count / 1_000,
      buckets: inOrder(buckets).map(([bound, each]) => ({ atMostMs: Number.isFinite(bound) ? bound : null, count: each })),
    },
    stored: number("stored"),
    evicted: number("evicted"),
    expired: number("expired"),
    purged: number("purged"),
    reported: number("reported"),
  };
}

/** By the number that each name is; what is none comes last. */
function inOrder(counts: Record<string, number>): [number, number][] {
  return Object.entries(counts)
    .map(([name, count]): [number, number] => [Number.isNaN(Number(name)) ? Number.POSITIVE_INFINITY : Number(name), count])
    .toSorted(([a], [b]) => a - b);
}
