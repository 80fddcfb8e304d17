import { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import { toolCall } from "./request.ts";

export const usage = z.object({
  promptTokens: z.int().nonnegative(),
  completionTokens: z.int().nonnegative(),
  totalTokens: z.int().nonnegative(),
});
export type Usage = z.output<typeof usage>;

/** Why the model stopped. Anything else a provider says is `other`. */
export const finishReason = z.enum(["stop", "length", "tool_calls", "content_filter", "other"]);
export type FinishReason = z.output<typeof finishReason>;

export const breakerState = z.enum(["closed", "open", "half-open"]);
export type BreakerState = z.output<typeof breakerState>;

// Not an enum: a process must read the records of a newer one, whose codes it may not know.
const errorCode = z
  .custom<ErrorCode>((value) => typeof value === "string")
  .meta({ type: "string", description: "A code of docs/errors.md." });

/** One call of a model. `outcome` is `completed`, or how it failed (a failure kind, see failures.ts). `breaker`: the state in which it was granted. */
export const attempt = z.object({
  model: z.string(),
  waitMs: z.number(),
  runMs: z.number(),
  outcome: z.string(),
  errorCode: errorCode.optional(),
  breaker: breakerState,
  message: z.string().optional(),
});
export type Attempt = z.output<typeof attempt>;

/** A candidate that was passed over: `open until …`, `full 5/5`, `paused`, `no worker`, `unknown`, `rate limited 12 s`, … */
export const skipped = z.object({ model: z.string(), reason: z.string(), retryAfterMs: z.number().optional() });
export type Skipped = z.output<typeof skipped>;

export const resultSchema = z.object({
  id: z.string(),
  content: z.string(),
  reasoning: z.string().optional(),
  toolCalls: z.array(toolCall).optional(),
  modelUsed: z.string(),
  success: z.literal(true),
  /** From acceptance to outcome. */
  latencyMs: z.number(),
  /** Of it, waiting in queues. */
  waitMs: z.number(),
  usage,
  finishReason,
  attempts: z.array(attempt),
  skipped: z.array(skipped),
  cached: z.union([z.literal(false), z.enum(["exact", "semantic"])]),
  /**
   * Why it was not answered from the cache: the request is not for it (`temperature`, `tools`, `time-relative`, `bypass`, …), or the
   * semantic tier was asked and had nothing (`no-candidate`, `guard:<name>`, `doubt:<name>`, `verifier`, `timeout`, `store`, …), or is
   * missing (`exact-only`). Absent when only equal questions are answered, and none had been.
   */
  cacheSkip: z.string().optional(),
  coalesced: z.boolean(),
  /** Of a cached answer: the request that produced it. */
  sourceRequestId: z.string().optional(),
  /** Of an answer to the same question in other words: cosine of the two questions. */
  similarity: z.number().optional(),
  /** Of the same: the verifier's logit that one answer serves both. */
  verifierScore: z.number().optional(),
});
export type Result = z.output<typeof resultSchema>;

/** A part of an answer. `seq` counts a request's deltas and events together and never restarts; `restart` marks that a new run begins and what came before is void. */
export const deltaSchema = z.object({
  epoch: z.int(),
  seq: z.int(),
  text: z.string().optional(),
  reasoning: z.string().optional(),
  toolCalls: z.array(toolCall).optional(),
  finishReason: finishReason.optional(),
  usage: usage.optional(),
  restart: z.literal(true).optional(),
});
export type Delta = z.output<typeof deltaSchema>;

export const eventTypes = ["queued", "started", "delta", "moved", "parked", "completed", "failed", "cancelled", "expired"] as const;
export type EventType = (typeof eventTypes)[number];

export const eventSchema = z.object({
  type: z.enum(eventTypes),
  seq: z.int(),
  /** Redis time, ms since the epoch. */
  at: z.number().optional(),
  model: z.string().optional(),
  delta: deltaSchema.optional(),
  /** What the script that decided knew: candidates passed over, the code, the wait. */
  detail: z.record(z.string(), z.unknown()).optional(),
});
export type Event = z.output<typeof eventSchema>;

export interface OutcomeError {
  code: ErrorCode;
  message: string;
  model?: string;
}

export const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion("state", [
  z.object({ state: z.literal("completed"), id: z.string(), result: resultSchema }),
  z.object({
    state: z.enum(["failed", "cancelled", "expired"]),
    id: z.string(),
    error: z.object({ code: errorCode, message: z.string(), model: z.string().exactOptional() }),
    attempts: z.array(attempt),
    skipped: z.array(skipped),
    latencyMs: z.number(),
  }),
]);

/** The one end of an accepted request. */
export type Outcome =
  | { state: "completed"; id: string; result: Result }
  | {
      state: "failed" | "cancelled" | "expired";
      id: string;
      error: OutcomeError;
      attempts: Attempt[];
      skipped: Skipped[];
      latencyMs: number;
    };

/** waiting, delayed, parked and active are on the way; the others are outcomes. */
export type RequestState = "waiting" | "delayed" | "parked" | "active" | Outcome["state"];
