import type { StrategyName } from "@llm-router/contracts";
import { fastest } from "./fastest.ts";
import { leastDepth } from "./least-depth.ts";
import { ordered } from "./ordered.ts";
import type { Strategy } from "./strategy.ts";

/** A new strategy is a file in this folder, a line here, its name in contracts, and a property in the tests. */
export const strategies: Record<StrategyName, Strategy> = { ordered, "least-depth": leastDepth, fastest };
