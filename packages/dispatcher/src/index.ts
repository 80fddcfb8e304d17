export { ConfigSource } from "./config-source.ts";
export { type Plan, planRequest } from "./plan.ts";
export { refusalError } from "./refusal.ts";
export { strategies } from "./strategies/index.ts";
export type { Rank, RankedModel, Strategy } from "./strategies/strategy.ts";
export { openSemanticCache, type OpenSemanticCacheOptions } from "./open-semantic-cache.ts";
export { SemanticTier } from "./semantic-tier.ts";
