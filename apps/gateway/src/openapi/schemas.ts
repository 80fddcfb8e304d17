import { attempt, breakerState, eventSchema, eventTypes, priorityClasses, resultSchema, skipped } from "@llm-router/contracts";
import { z } from "zod";

// What our routes answer. The requests' own shapes are in contracts; OpenAI's and Ollama's are not ours to describe.

const count = z.int().nonnegative();
const at = z.number().describe("ms since the epoch, on Redis's clock");
const className = z.enum(priorityClasses);
const counts = z.record(z.string(), count);
const byClass = z.object({ CRITICAL: count, HIGH: count, NORMAL: count, LOW: count });
const ends = z.enum(["completed", "failed", "cancelled", "expired"]);

const error = z.object({
  code: z.string().describe("A code of docs/errors.md."),
  message: z.string(),
  fix: z.string().optional().describe("What to do about it."),
  retryable: z.boolean().optional().describe("Whether the same call may succeed later."),
  id: z.string().optional(),
  model: z.string().optional(),
  attempts: z.array(attempt).optional(),
  skipped: z.array(skipped).optional(),
  retryAfterMs: z.number().optional(),
  expectedWaitMs: z.number().optional(),
});
export const errorAnswer = z.object({ error });

export const result = resultSchema;

export const accepted = z.object({ id: z.string(), expectedWaitMs: z.number().describe("Quoted wait, ms.") });

export const job = z.object({
  id: z.string(),
  state: z.enum(["waiting", "delayed", "parked", "active", ...ends.options]),
  model: z.string().describe("Where it is, or was last."),
  class: className,
  priority: z.int(),
  acceptedAt: at,
  deadlineAt: at,
  position: z.int().optional().describe("Place in its queue, from 1, while it waits."),
  expectedWaitMs: z.number().optional(),
  attempts: z.array(attempt).describe("Calls so far that failed."),
  result: resultSchema.optional(),
  error: error.optional(),
});

export const history = z.object({ id: z.string(), events: z.array(eventSchema.extend({ type: z.enum(eventTypes) })) });
export const ended = z.object({ id: z.string(), state: ends });

export const deadLetters = z.object({
  deadLetters: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      class: className,
      code: z.string(),
      message: z.string(),
      tenant: z.string(),
      acceptedAt: at,
      failedAt: at,
      replayedBy: z.string().optional().describe("The request that replayed it last."),
    }),
  ),
});
export const replayed = z.object({ id: z.string(), replayOf: z.string() });
export const purged = z.object({ purged: count });

export const stats = z.object({
  totalRequests: count,
  successes: count,
  failures: count,
  cancelled: count,
  expired: count,
  accepted: count,
  refused: count,
  successRate: z.number(),
  cacheHits: count,
  cacheHitsByTier: z.object({ exact: count, semantic: count }),
  avgLatencyMs: z.number(),
  ended: z.array(z.object({ class: className, model: z.string(), outcome: ends, count })),
  requestsByModel: counts,
  requestsByPriority: byClass,
  movedOut: counts,
  movedIn: counts,
  breakerOpened: counts,
  recovered: count,
  semanticCache: z
    .object({
      state: z.enum(["on", "exact-only", "off"]),
      detail: z.string().optional(),
      store: z.object({ ok: z.boolean(), detail: z.string().optional() }).optional().describe("What its vectors are kept in."),
    })
    .describe("Of the gateway that answers."),
});

export const models = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      provider: z.string(),
      model: z.string(),
      queueDepth: count,
      waiting: count,
      waitingByClass: byClass,
      delayed: count,
      active: count,
      maxQueueDepth: count,
      concurrency: count,
      workers: count,
      paused: z.boolean(),
      circuitBreaker: z.object({ state: breakerState, failureCount: count, openUntil: at.optional() }),
      heldUntil: at.optional(),
      serviceMs: z.number().optional(),
      expectedWaitMs: z.number(),
    }),
  ),
});

export const workers = z.object({ workers: z.array(z.object({ id: z.string(), info: z.record(z.string(), z.unknown()) })) });

export const health = z.object({ status: z.literal("ok") });
export const readiness = z.object({ ready: z.boolean(), reason: z.string().optional() });
