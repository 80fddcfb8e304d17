import type { Strategy } from "./strategy.ts";

/** More than any queue's depth, so that a fallback comes after every target. */
const afterTargets = 1e9;

/** The shallowest queue among the targets, then among the fallbacks; equal ones in the route's order. */
export const leastDepth: Strategy = ({ index, fallback }) => ({
  order: (fallback ? afterTargets : 0) + index / 1_000,
  perDepth: 1,
  perWaitMs: 0,
});
