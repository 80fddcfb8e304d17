import type { SemanticCachePort } from "@llm-router/contracts";
import { Statistics } from "./statistics.ts";

/** What stands in the semantic cache's place where it cannot be had: everything is a miss. */
export function createExactOnly(detail: string): SemanticCachePort {
  const statistics = new Statistics();
  return {
    async lookup() {
      const miss = { kind: "miss", reason: "off" } as const;
      statistics.looked(miss, 0);
      return miss;
    },
    store: () => {},
    flushed: async () => {},
    state: () => ({ state: "exact-only", detail }),
    status: async () => ({ state: "exact-only", detail, ...statistics.read() }),
    close: async () => {},
  };
}
