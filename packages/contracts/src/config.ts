import { z } from "zod";
import { cacheSchema } from "./config-cache.ts";
import { gatewaySchema } from "./config-gateway.ts";
import { baseUrl, ms } from "./config-values.ts";
import { modelName } from "./request.ts";

// The texts of `.describe()` are what docs/configuration.md and the editors' JSON Schema say: they are the only copy.

const percent = z.number().min(1).max(100);

export const classShareSchema = z
  .strictObject({
    critical: percent.default(100).describe("For CRITICAL requests, percent."),
    high: percent.default(100).describe("For HIGH requests, percent."),
    normal: percent.default(90).describe("For NORMAL requests, percent."),
    low: percent.default(75).describe("For LOW requests, percent."),
  })
  .describe(
    "How much of `maxQueueDepth` each class may fill, in percent, rounded up. Keeps room for urgent work in a queue that is nearly full.",
  );

/** A model: provider + the provider's name + limits, which hold over all processes of the namespace. */
export const modelSchema = z
  .strictObject({
    provider: z
      .string()
      .min(1)
      .describe("`ollama`, `openai` (also every server that speaks OpenAI's API, with `baseUrl`), or the name of a registered backend."),
    model: z.string().min(1).describe("The provider's own name of the model, such as `qwen2.5:3b`."),
    baseUrl: baseUrl
      .optional()
      .describe(
        "The server's address, such as `http://127.0.0.1:11434`; `${NAME}` is read from the environment. Unset: the provider's usual one.",
      ),
    apiKey: z
      .string()
      .min(1)
      .optional()
      .describe("The provider's key. Write `${OPENAI_API_KEY}`, never the key itself: the name is stored, the key never."),
    maxQueueDepth: z
      .int()
      .positive()
      .max(10_000_000)
      .default(10_000)
      .describe("Most jobs that may be waiting, delayed or active; beyond it requests go to the next candidate, or are refused."),
    classShare: classShareSchema.prefault({}),
    concurrency: z
      .int()
      .positive()
      .max(10_000)
      .optional()
      .describe("Calls under way at once, over all workers. Unset: 4 for `ollama`, 16 for others."),
    rpm: z.int().positive().optional().describe("Calls per minute, over all workers. Unset: no limit."),
    tpm: z.int().positive().optional().describe("Tokens per minute, prompt and answer, over all workers. Unset: no limit."),
    firstTokenTimeoutMs: ms.default(60_000).describe("Cuts a call that has no first token after this time, ms."),
    tokenGapTimeoutMs: ms.default(20_000).describe("Cuts an answer that is silent for this time, ms."),
    healthCheckIntervalMs: ms.default(30_000).describe("Time between health checks, ms."),
    defaultTemperature: z
      .number()
      .min(0)
      .max(2)
      .optional()
      .describe("Sent when a request leaves `temperature` unset. At 0.3 or less it makes such requests eligible for the cache."),
    defaultMaxTokens: z
      .int()
      .positive()
      .default(512)
      .describe("Tokens reserved for the answer under `tpm` when a request leaves `maxTokens` unset."),
    numGpu: z.int().optional().describe("Ollama's `num_gpu`, the same for all requests."),
    numThread: z.int().positive().optional().describe("Ollama's `num_thread`, the same for all requests."),
    numCtx: z.int().positive().optional().describe("Ollama's `num_ctx`, the same for all requests."),
    keepAlive: z
      .union([z.string(), z.number()])
      .optional()
      .describe("Ollama's `keep_alive`: a duration such as `10m`, or seconds; -1 keeps the model loaded."),
    options: z.record(z.string(), z.unknown()).optional().describe("More of the provider's own options, the same for all requests."),
  })
  .describe("A model: a provider, the provider's name of it, and limits that hold over all processes.");
export type ModelConfig = z.output<typeof modelSchema>;
export type ModelInput = z.input<typeof modelSchema>;

export const strategyName = z.enum(["ordered", "least-depth", "fastest"]);
export type StrategyName = z.output<typeof strategyName>;

export const routeSchema = z
  .strictObject({
    targets: z.array(modelName).min(1).describe("Models to use, in order of preference."),
    fallback: z.array(modelName).default([]).describe("Models to use when no target can take the request."),
    strategy: strategyName
      .default("ordered")
      .describe("How to choose among the targets: as ordered, the shallowest queue, or the shortest expected wait."),
    whenUnavailable: z
      .enum(["hold", "fail"])
      .default("hold")
      .describe("What happens to accepted work whose every candidate became unavailable: it waits, or it fails."),
    maxAttempts: z
      .int()
      .positive()
      .max(100)
      .default(10)
      .describe("Failed calls after which a request ends with ATTEMPTS_EXHAUSTED. Rate limits and lost workers do not count."),
    maxWaitMs: ms
      .optional()
      .describe(
        "A request that waited this long goes right after CRITICAL, ms. Unset: HIGH 60000, NORMAL 300000, LOW 1800000; CRITICAL needs none.",
      ),
    displace: z
      .enum(["move", "fail", "off"])
      .default("move")
      .describe("What a more urgent request may do to this class in a full queue: move it to another candidate, fail it, or nothing."),
  })
  .describe("Where the requests of a class go. A class without a route may use every model, in the order of definition.");
export type RouteConfig = z.output<typeof routeSchema>;
export type RouteInput = z.input<typeof routeSchema>;

export const defaultMaxWaitMs = { CRITICAL: undefined, HIGH: 60_000, NORMAL: 300_000, LOW: 1_800_000 } as const;

export const breakerSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Whether failing models are left alone for a while."),
    failureThreshold: z.int().positive().default(5).describe("Failures in a row, over all workers, that open a model's breaker."),
    recoveryTimeoutMs: ms.default(60_000).describe("How long it stays open before calls are tried again, ms."),
    successThreshold: z.int().positive().default(3).describe("Successes in a row that close it again."),
    halfOpenProbes: z.int().positive().default(1).describe("Calls under way at once while it is tried again, over all workers."),
  })
  .describe("The circuit breaker of every model.");
export type BreakerConfig = z.output<typeof breakerSchema>;

export const retentionSchema = z
  .strictObject({
    resultTtlMs: ms.default(3_600_000).describe("How long an outcome can be read, ms."),
    idempotencyTtlMs: ms.default(86_400_000).describe("How long an idempotency key is remembered, ms."),
    streamTtlMs: ms.default(600_000).describe("How long a finished request's tokens can be read again, ms."),
    maxOutcomeBytes: z
      .int()
      .positive()
      .default(256 * 1024 * 1024)
      .describe("Room for all outcomes together, as bytes of JSON; beyond it those that would expire first go early (RESULT_EXPIRED)."),
    deadLetterTtlMs: ms.default(7 * 86_400_000).describe("How long a failed request is kept for replay, with its prompt, ms."),
    maxDeadLetters: z.int().positive().default(10_000).describe("How many failed requests are kept; the oldest go first."),
  })
  .describe("How long Redis keeps what is finished.");
export type RetentionConfig = z.output<typeof retentionSchema>;

export const limitsSchema = z
  .strictObject({
    maxPromptBytes: z
      .int()
      .positive()
      .default(4 * 1024 * 1024)
      .describe("Largest request, as bytes of JSON."),
  })
  .describe("Limits on a request.");
export type LimitsConfig = z.output<typeof limitsSchema>;

export const configSchema = z.strictObject({
  models: z
    .record(modelName, modelSchema)
    .default({})
    .describe("The models, by the name that routes and requests use ([a-z0-9][a-z0-9._-]{0,63})."),
  routes: z
    .strictObject({
      critical: routeSchema.optional(),
      high: routeSchema.optional(),
      normal: routeSchema.optional(),
      low: routeSchema.optional(),
    })
    .prefault({})
    .describe("A route for each class."),
  breaker: breakerSchema.prefault({}),
  cache: cacheSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  gateway: gatewaySchema.prefault({}),
});
export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
