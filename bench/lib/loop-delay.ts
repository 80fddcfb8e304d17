import { monitorEventLoopDelay } from "node:perf_hooks";

/** How often the loop is asked whether it is late, ms. What Node measures is the time between two such turns. */
const everyMs = 2;

/** Watches this process's event loop. The function gives by how much the latest of a hundred turns was late since it was last asked, ms. */
export function openLoopDelay(): () => number {
  const turns = monitorEventLoopDelay({ resolution: everyMs });
  turns.enable();
  return () => {
    const p99 = turns.percentile(99) / 1_000_000 - everyMs;
    turns.reset();
    return p99;
  };
}
