import type { Outcome } from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import { asList, type QueueContext } from "./scripts.ts";

/** Looked at by one script when purging: it holds Redis for about a millisecond. */
const purgeBatch = 200;
/** Pairs of prompts of reported hits that are kept. */
const maxPairs = 1_000;

/** A hit of the semantic cache, remembered for as long as its outcome, so that it can be reported. */
export interface ServedHit {
  /** Where the answer is: `<cacheKey>:<model>`. */
  entry: string;
  /** What was asked, and the question that the answer was given to. */
  asked: string;
  cached: string;
  similarity: number;
  verifierScore: number;
}

/** Two prompts that one answer does not serve, for training. */
export interface ReportedPair extends ServedHit {
  /** The request that was answered wrongly. */
  requestId: string;
  /** Redis time, ms since the epoch. */
  reportedAt: number;
}

/** Forgets every answer, or those that one model made. Returns how many were still served. */
export async function purgeCache(context: QueueContext, { model }: { model?: string } = {}): Promise<number> {
  let purged = 0;
  for (let from = 0; from >= 0;) {
    const [count, next] = asList(await doing("purging the cache", context.run("cache-purge", [model ?? "", from, purgeBatch])));
    purged += Number(count);
    from = Number(next);
  }
  return purged;
}

/** Remembers a hit under the request that it answered. @param ttlMs As long as the request's outcome is kept. */
export async function noteServed(context: QueueContext, requestId: string, hit: ServedHit, ttlMs: number): Promise<void> {
  await doing("noting a hit", context.redis.set(servedKey(context, requestId), JSON.stringify(hit), "PX", ttlMs));
}

/**
 * The entry that an id leads to: its own (`<cacheKey>:<model>`), that of the request that made it, or that of one that it answered.
 * undefined: none that is still served.
 */
export async function findCacheEntry(context: QueueContext, id: string): Promise<string | undefined> {
  const { redis, keys } = context;
  const look = async () => {
    if ((await redis.zscore(`${keys.prefix}:x`, id)) !== null) return id;
    const served = await readServed(context, id);
    if (served) return served.entry;
    const outcome = await redis.hget(keys.record(id), "od");
    const source = outcome === null ? id : (sourceOf(JSON.parse(outcome) as Outcome) ?? id);
    return (await redis.hget(`${keys.prefix}:xi`, `s:${source}`)) ?? undefined;
  };
  return doing("looking up the cache", look());
}

/** Whether an answer of one of these models to this very question is there. @param cacheKey Of the exact cache. */
export async function hasCacheEntry({ redis, keys }: QueueContext, cacheKey: string, models: readonly string[]): Promise<boolean> {
  return (await redis.exists(...models.map((model) => `${keys.prefix}:x:${cacheKey}:${model}`))) > 0;
}

/** Forgets one entry. False when it was gone already. */
export async function forgetCacheEntry(context: QueueContext, entry: string): Promise<boolean> {
  return (await doing("purging the cache", context.run("cache-forget", [entry, "", 0]))) === 1;
}

export interface CacheReport {
  /** The entry whose answer was wrong; undefined when the request was not answered from the cache, or its entry is gone. */
  entry: string | undefined;
  purged: boolean;
  /** Kept for training: only of a semantic hit, as long as its outcome is kept. */
  pair: ReportedPair | undefined;
}

/** A request was answered wrongly from the cache: its entry is forgotten, and the two prompts are kept for training. */
export async function reportCacheHit(context: QueueContext, requestId: string): Promise<CacheReport> {
  const { redis } = context;
  const [entry, served, [seconds]] = await doing(
    "looking up the hit",
    Promise.all([findCacheEntry(context, requestId), readServed(context, requestId), redis.time()]),
  );
  if (entry === undefined) return { entry, purged: false, pair: undefined };
  const pair = served && { requestId, ...served, reportedAt: Number(seconds) * 1_000 };
  const there = await doing("purging the cache", context.run("cache-forget", [entry, pair ? JSON.stringify(pair) : "", maxPairs]));
  // A second report of the same request keeps no second pair.
  if (served) await doing("reporting the hit", redis.del(servedKey(context, requestId)));
  return { entry, purged: there === 1, pair };
}

/** The pairs that were reported last, 1,000 at most, oldest first. */
export async function readReportedPairs(context: QueueContext): Promise<ReportedPair[]> {
  const pairs = await doing("reading the reported hits", context.redis.lrange(`${context.keys.prefix}:cache-pairs`, 0, -1));
  return pairs.map((pair) => JSON.parse(pair) as ReportedPair);
}

async function readServed({ redis, keys }: QueueContext, requestId: string): Promise<ServedHit | undefined> {
  const json = await redis.get(`${keys.prefix}:xr:${requestId}`);
  return json === null ? undefined : (JSON.parse(json) as ServedHit);
}

function servedKey({ keys }: QueueContext, requestId: string): string {
  return `${keys.prefix}:xr:${requestId}`;
}

function sourceOf(outcome: Outcome): string | undefined {
  return outcome.state === "completed" ? outcome.result.sourceRequestId : undefined;
}

async function doing<T>(what: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw redisError(error, what);
  });
}
