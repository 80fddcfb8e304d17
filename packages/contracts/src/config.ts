import { z } from "zod";
import { modelName } from "./request.ts";

const ms = z.int().positive();
const percent = z.number().min(1).max(100);

/** Share of `maxQueueDepth` that a class may fill, in percent, rounded up. */
export const classShareSchema = z.strictObject({
  critical: percent.default(100),
  high: percent.default(100),
  normal: percent.default(90),
  low: percent.default(75),
});

/** A model: provider + the provider's name + limits, which hold over all processes of the namespace. */
export const modelSchema = z.strictObject({
  provider: z.string().min(1),
  /** The provider's name, such as `qwen2.5:3b`. */
  model: z.string().min(1),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** A secret: `${OPENAI_API_KEY}` in files. Never stored in Redis expanded. */
  apiKey: z.string().min(1).optional(),
  /** Jobs waiting, delayed or active. */
  maxQueueDepth: z.int().positive().max(10_000_000).default(10_000),
  classShare: classShareSchema.prefault({}),
  /** Calls under way over all workers (default 4 for ollama, 16 for others). */
  concurrency: z.int().positive().max(10_000).optional(),
  rpm: z.int().positive().optional(),
  tpm: z.int().positive().optional(),
  firstTokenTimeoutMs: ms.default(60_000),
  tokenGapTimeoutMs: ms.default(20_000),
  healthCheckIntervalMs: ms.default(30_000),
  /** Sent when a request leaves temperature unset, which makes it eligible for the cache. */
  defaultTemperature: z.number().min(0).max(2).optional(),
  /** Reserved for TPM when a request leaves maxTokens unset. */
  defaultMaxTokens: z.int().positive().default(512),
  numGpu: z.int().optional(),
  numThread: z.int().positive().optional(),
  numCtx: z.int().positive().optional(),
  keepAlive: z.union([z.string(), z.number()]).optional(),
  /** More of the provider's own options, the same for all requests. */
  options: z.record(z.string(), z.unknown()).optional(),
});
export type ModelConfig = z.output<typeof modelSchema>;
export type ModelInput = z.input<typeof modelSchema>;

export const strategyName = z.enum(["ordered", "least-depth", "fastest"]);
export type StrategyName = z.output<typeof strategyName>;

export const routeSchema = z.strictObject({
  targets: z.array(modelName).min(1),
  fallback: z.array(modelName).default([]),
  strategy: strategyName.default("ordered"),
  /** What happens to accepted work whose candidates all became unavailable. */
  whenUnavailable: z.enum(["hold", "fail"]).default("hold"),
  /** Failed calls that count for a breaker, before ATTEMPTS_EXHAUSTED. */
  maxAttempts: z.int().positive().max(100).default(10),
  /** A job that waited this long goes right after CRITICAL (default HIGH 1 min, NORMAL 5 min, LOW 30 min). */
  maxWaitMs: ms.optional(),
  displace: z.enum(["move", "fail", "off"]).default("move"),
});
export type RouteConfig = z.output<typeof routeSchema>;
export type RouteInput = z.input<typeof routeSchema>;

export const defaultMaxWaitMs = { CRITICAL: undefined, HIGH: 60_000, NORMAL: 300_000, LOW: 1_800_000 } as const;

export const breakerSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Consecutive failures, over all workers, that open it. */
  failureThreshold: z.int().positive().default(5),
  recoveryTimeoutMs: ms.default(60_000),
  /** Consecutive successes in half-open that close it. */
  successThreshold: z.int().positive().default(3),
  /** Calls under way at once in half-open, over all workers. */
  halfOpenProbes: z.int().positive().default(1),
});
export type BreakerConfig = z.output<typeof breakerSchema>;

export const cacheSchema = z.strictObject({
  enabled: z.boolean().default(false),
  ttlHours: z.number().positive().default(24),
  maxEntries: z.int().positive().default(10_000),
});
export type CacheConfig = z.output<typeof cacheSchema>;

export const retentionSchema = z.strictObject({
  resultTtlMs: ms.default(3_600_000),
  idempotencyTtlMs: ms.default(86_400_000),
  streamTtlMs: ms.default(600_000),
});
export type RetentionConfig = z.output<typeof retentionSchema>;

export const limitsSchema = z.strictObject({
  /** Size of a request's JSON in bytes. */
  maxPromptBytes: z.int().positive().default(4 * 1024 * 1024),
});
export type LimitsConfig = z.output<typeof limitsSchema>;

export const configSchema = z.strictObject({
  models: z.record(modelName, modelSchema).default({}),
  routes: z
    .strictObject({ critical: routeSchema.optional(), high: routeSchema.optional(), normal: routeSchema.optional(), low: routeSchema.optional() })
    .prefault({}),
  breaker: breakerSchema.prefault({}),
  cache: cacheSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  limits: limitsSchema.prefault({}),
});
export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
