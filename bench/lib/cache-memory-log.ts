import type { StoredVector, VectorLog } from "@llm-router/contracts";

/** A log of one partition that nobody changes, out of memory: what is measured is the search, not Redis. */
export function memoryLog(points: readonly StoredVector[]): VectorLog {
  return {
    put: async () => [],
    async load(_partition, onBatch) {
      for (let from = 0; from < points.length; from += 500) onBatch(points.slice(from, from + 500));
    },
    read: async (_partition, ids) => ids.map(() => undefined),
    delete: async () => 0,
    clear: async () => {},
    follow: async () => {},
    close: async () => {},
  };
}
