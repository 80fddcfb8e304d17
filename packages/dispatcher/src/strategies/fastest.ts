import type { Strategy } from "./strategy.ts";

/** More than any expected wait in ms, so that a fallback comes after every target. */
const afterTargets = 1e12;

/** The shortest expected wait among the targets, then among the fallbacks; equal ones in the route's order. */
export const fastest: Strategy = ({ index, fallback }) => ({
  order: (fallback ? afterTargets : 0) + index / 1_000,
  perDepth: 0,
  perWaitMs: 1,
});
