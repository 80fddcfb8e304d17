import { type ClientOptions, clientOptionNames } from "@llm-router/client";
import type { Backend, BreakerConfig, CacheInput, ModelInput, OptionNames, RouteInput } from "@llm-router/contracts";

import type { Logger } from "@llm-router/service-kit";

export interface LLMRouterOptions extends ClientOptions {
  /** Runs of this process at once, over all models (default: no cap of its own). */
  concurrency?: number;
  /** How long close() waits for runs under way, ms (default 25,000). */
  shutdownGraceMs?: number;
  /** A pino logger (default: warnings and errors to stderr). */
  logger?: Logger;
}

export const routerOptionNames = {
  ...clientOptionNames,
  concurrency: true,
  shutdownGraceMs: true,
  logger: true,
} satisfies OptionNames<LLMRouterOptions>;

/** A model of a provider, or one with a backend of your own. */
export type ModelOptions = ModelInput | (Omit<ModelInput, "provider" | "model"> & { backend: Backend; provider?: string; model?: string });

export type RouteOptions = RouteInput;

export type BreakerOptions = Partial<BreakerConfig>;

export type CacheOptions = Omit<CacheInput, "enabled">;
