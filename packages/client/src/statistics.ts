import { type BreakerState, type Outcome, priorityBands, type PriorityClass, priorityClasses } from "@llm-router/contracts";
import { countersBy, endedOf, type QueueContext, readSharedConfig, redisError, sumBy } from "@llm-router/job-queue";

interface EndedCount {
  class: PriorityClass;
  model: string;
  outcome: Outcome["state"];
  count: number;
}

/** Counted for the whole namespace, by the script that ends a request. */
export interface Stats {
  /** Requests with an outcome, of any kind. */
  totalRequests: number;
  successes: number;
  failures: number;
  cancelled: number;
  expired: number;
  /** Accepted, refused: at dispatch. */
  accepted: number;
  refused: number;
  /** successes / totalRequests; 0 when there were none. */
  successRate: number;
  cacheHits: number;
  /** Of those, by the tier that found the answer. */
  cacheHitsByTier: { exact: number; semantic: number };
  /** Of successes, from acceptance to outcome. */
  avgLatencyMs: number;
  /** All of them, by class, model and outcome: every other number by one of these is a sum of it. `model` is empty when none had a part in it. */
  ended: EndedCount[];
  requestsByModel: Record<string, number>;
  requestsByPriority: Record<PriorityClass, number>;
  /** Jobs moved away from and to each model, and how often its breaker opened. */
  movedOut: Record<string, number>;
  movedIn: Record<string, number>;
  breakerOpened: Record<string, number>;
  /** Jobs whose worker was lost, and that went back to their queue. */
  recovered: number;
}

export interface ModelStatus {
  name: string;
  provider: string;
  model: string;
  /** Waiting, delayed and active. */
  queueDepth: number;
  waiting: number;
  /** Of those, by class. */
  waitingByClass: Record<PriorityClass, number>;
  delayed: number;
  active: number;
  maxQueueDepth: number;
  concurrency: number;
  workers: number;
  paused: boolean;
  circuitBreaker: { state: BreakerState; failureCount: number; openUntil?: number };
  /** The provider asked for a pause until then (ms since the epoch). */
  heldUntil?: number;
  /** Of one call, recently, ms. */
  serviceMs?: number;
  /** Of a new NORMAL request, roughly, ms. */
  expectedWaitMs: number;
}

export async function readStats(context: QueueContext): Promise<Stats> {
  const { redis, keys } = context;
  // Every open request has a deadline; every other one that was accepted has ended, and is counted by its end.
  const [raw, open] = await Promise.all([redis.hgetall(keys.stats), redis.zcard(keys.deadlines)]).catch((error: unknown) => {
    throw redisError(error, "reading the statistics");
  });
  const number = (field: string) => Number(raw[field] ?? 0);
  const by = (prefix: string) => countersBy(raw, prefix);
  const ended = endedOf(raw);
  const byState = sumBy(ended, ({ state }) => state);
  const { completed: successes = 0, failed: failures = 0, cancelled = 0, expired = 0 } = byState;
  const totalRequests = successes + failures + cancelled + expired;
  const byClass = sumBy(ended, ({ classRank }) => priorityClasses[classRank]);
  return {
    totalRequests,
    successes,
    failures,
    cancelled,
    expired,
    accepted: totalRequests + open,
    refused: number("refused"),
    successRate: totalRequests === 0 ? 0 : successes / totalRequests,
    cacheHits: number("cacheHits"),
    cacheHitsByTier: { exact: Math.max(0, number("cacheHits") - number("hit:semantic")), semantic: number("hit:semantic") },
    avgLatencyMs: successes === 0 ? 0 : number("latencyMs") / successes,
    ended: ended.map(({ classRank, model, state, count }) => ({
      class: priorityClasses[classRank] ?? "NORMAL",
      model,
      outcome: state as Outcome["state"],
      count,
    })),
    requestsByModel: sumBy(ended, ({ state, model }) => (state === "completed" && model !== "" ? model : undefined)),
    requestsByPriority: { CRITICAL: 0, HIGH: 0, NORMAL: 0, LOW: 0, ...byClass },
    movedOut: by("out:"),
    movedIn: by("in:"),
    breakerOpened: by("opened:"),
    recovered: number("recovered"),
  };
}

/** Every model of the namespace, in the order of registration. */
export async function readModelStatus(context: QueueContext): Promise<ModelStatus[]> {
  const { redis, keys } = context;
  const config = await readSharedConfig(context);
  const [seconds] = await redis.time();
  const now = Number(seconds) * 1_000;
  return Promise.all(
    [...config.models].map(async ([name, model]) => {
      const queue = keys.queue(name);
      const [fields, wait, prioritized, delayed, active, workers, paused, ...byClass] = await Promise.all([
        redis.hmget(keys.model(name), "conc", "svc", "bs", "bc", "bo", "br", "hold", "bf"),
        redis.llen(`${queue}:wait`),
        redis.zcard(`${queue}:prioritized`),
        redis.zcard(`${queue}:delayed`),
        redis.llen(`${queue}:active`),
        redis.zcount(`${keys.prefix}:w:${name}`, now, "+inf"),
        redis.hexists(`${queue}:meta`, "paused"),
        ...priorityClasses.map((each) => countClass(context, each, `${queue}:prioritized`)),
      ]).catch((error: unknown) => {
        throw redisError(error, "reading the models");
      });
      const [concurrency, service, state, failures, openedAt, recovery, hold, threshold] = fields;
      const openUntil = Number(openedAt) + Number(recovery);
      const breaker = threshold === "0" ? "closed" : ((state ?? "closed") as BreakerState);
      const waiting = wait + prioritized;
      const [critical = 0, high = 0, normal = 0, low = 0] = byClass;
      return {
        name,
        provider: model.provider,
        model: model.model,
        queueDepth: waiting + delayed + active,
        waiting,
        waitingByClass: { CRITICAL: critical, HIGH: high, NORMAL: normal, LOW: low },
        delayed,
        active,
        maxQueueDepth: model.maxQueueDepth,
        concurrency: Number(concurrency ?? 0),
        workers,
        paused: paused === 1,
        circuitBreaker: {
          // An open breaker turns half-open at the next look of a script after its time.
          state: breaker === "open" && openUntil <= now ? "half-open" : breaker,
          failureCount: Number(failures ?? 0),
          ...(breaker === "open" && openUntil > now ? { openUntil } : {}),
        },
        ...(Number(hold ?? 0) > now ? { heldUntil: Number(hold) } : {}),
        ...(service === undefined || service === null ? {} : { serviceMs: Number(service) }),
        expectedWaitMs: Math.ceil(
          (Math.max(0, waiting + active - Number(concurrency ?? 1) + 1) / Number(concurrency ?? 1)) * Number(service ?? 0),
        ),
      } satisfies ModelStatus;
    }),
  );
}

/** A waiting job's score is its priority × 2^32, and its place. */
function countClass({ redis }: QueueContext, name: PriorityClass, queue: string): Promise<number> {
  const { min, max } = priorityBands[name];
  return redis.zcount(queue, min * 2 ** 32, `(${(max + 1) * 2 ** 32}`);
}
