import { type DispatchInput, recordPlan } from "./dispatch.ts";
import { redisError } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";

/** An answer as the exact cache keeps it. */
export interface CachedAnswer {
  /** `<cache key>:<model>`. */
  entry: string;
  /** A result without its frame, JSON. */
  json: string;
}

/** The answer of the first of these models that has given one to this very question. @throws {RouterError} REDIS_UNAVAILABLE. */
export async function readCachedAnswer(
  { redis, keys }: QueueContext,
  cacheKey: string,
  models: readonly string[],
): Promise<CachedAnswer | undefined> {
  const entries = models.map((model) => `${cacheKey}:${model}`);
  const names = entries.map((entry) => `${keys.prefix}:x:${entry}`);
  const [name] = names;
  if (name === undefined) return undefined;
  const answers = await (names.length === 1 ? redis.get(name).then((answer) => [answer]) : redis.mget(...names)).catch((error: unknown) => {
    throw redisError(error, "asking the cache");
  });
  const found = answers.findIndex((answer) => answer !== null);
  const [entry, json] = [entries[found], answers[found]];
  return entry === undefined || typeof json !== "string" ? undefined : { entry, json };
}

/** The outcome of a request that is answered by it at once, JSON: letter for letter what the dispatch script makes of it. */
export function outcomeOfCached(id: string, { json }: CachedAnswer): string {
  const frame = `{"state":"completed","id":"${id}","result":{"id":"${id}","success":true,"latencyMs":0,"waitMs":0,`;
  return `${frame}"attempts":[],"skipped":[],"cached":"exact","coalesced":false,${json.slice(1)}}`;
}

/** A request that its client answered from the exact cache, and that Redis is still to know of. */
export interface Booking {
  order: Omit<DispatchInput, "data">;
  entry: string;
  /** JSON. */
  outcome: string;
}

/**
 * Writes record, history, outcome and counters of such requests. What was booked before is not booked again. Returns the version of
 * the configuration.
 * @throws {RouterError} REDIS_UNAVAILABLE, REDIS_FULL.
 */
export async function bookAnswers(context: QueueContext, bookings: readonly Booking[]): Promise<string> {
  const args = bookings.flatMap(({ order, entry, outcome }) => [
    order.id,
    JSON.stringify(recordPlan(order)),
    order.timeoutMs,
    entry,
    outcome,
  ]);
  const version = await context.run("book", args).catch((error: unknown) => {
    throw redisError(error, "booking answers of the cache");
  });
  return String(version);
}
