export { LLMRouter } from "./llm-router.ts";
export type { BreakerOptions, CacheOptions, LLMRouterOptions, ModelOptions, RouteOptions } from "./options.ts";
export * from "@llm-router/client";
