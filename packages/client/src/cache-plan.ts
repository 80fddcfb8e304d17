import { type CacheConfig, cacheKey, type CacheMode, eligibility, type Request, semanticPrompt } from "@llm-router/contracts";
import type { Plan } from "@llm-router/dispatcher";
import type { SharedConfig } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

/** What the cache may do for a request. */
export interface CachePlan {
  config: CacheConfig;
  mode: CacheMode;
  /** Of the exact tier; undefined when the request is not eligible. */
  key?: string;
  /** Why it is not eligible. */
  skip?: string;
  /** The one default that all candidates have, see cacheKey(): what an unset temperature stands for. */
  temperature?: number | undefined;
  /** Only answers of these: the candidates, in order. */
  models: readonly string[];
}

/** The exact cache's key, or why there is none. */
export function planCache(request: Request, { candidates }: Plan, config: SharedConfig): CachePlan {
  const models = candidates.map(({ model }) => model);
  const plan = { config: config.cache, mode: request.cache ?? "use", models };
  if (!config.cache.enabled) return plan;
  const defaults = new Set(models.map((model) => config.models.get(model)?.defaultTemperature));
  // With candidates that default differently, an unset temperature does not say which answer this is.
  const [temperature] = defaults.size === 1 ? defaults : [undefined];
  const verdict = eligibility(request, { defaultTemperature: temperature });
  return verdict.eligible ? { ...plan, key: cacheKey(request, { temperature }), temperature } : { ...plan, skip: verdict.reason };
}

/** Whether an answer may be looked for at all. */
export function mayAnswer({ mode, key }: CachePlan): boolean {
  return key !== undefined && (mode === "use" || mode === "only");
}

/** Whether the semantic tier is there for it, or would be if it could be opened. */
export function asksSemantic({ options }: Connection, request: Request, plan: CachePlan, state: "on" | "exact-only" = "on"): boolean {
  return (
    mayAnswer(plan) &&
    options.semanticCache?.state().state === state &&
    plan.config.semantic !== false &&
    semanticPrompt(request) !== undefined
  );
}
