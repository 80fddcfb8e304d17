import type { Strategy } from "./strategy.ts";

/** The route's order, whatever the queues look like. */
export const ordered: Strategy = ({ index }) => ({ order: index, perDepth: 0, perWaitMs: 0 });
