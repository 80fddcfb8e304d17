import type { VectorPoint, VectorStore } from "../../src/index.ts";

export interface MemoryStore extends VectorStore {
  points: Map<string, VectorPoint>;
}

/** Keeps points in this process and answers by brute force. */
export function createMemoryStore(): MemoryStore {
  const points = new Map<string, VectorPoint>();
  return {
    points,
    upsert: async (added) => {
      for (const point of added) points.set(point.id, point);
    },
    query: async ({ partition, vector, limit, floor, models }) =>
      [...points.values()]
        .filter((point) => point.partition === partition && models.includes(point.model) && point.expiresAt > Date.now())
        .map((point) => ({ ...point, cosine: point.vector.reduce((sum, value, index) => sum + value * (vector[index] ?? 0), 0) }))
        .filter(({ cosine }) => cosine >= floor)
        .toSorted((a, b) => b.cosine - a.cosine)
        .slice(0, limit),
    delete: async (ids) => {
      for (const id of ids) points.delete(id);
    },
    deleteAll: async () => points.clear(),
    warmUp: async () => {},
    health: () => ({ ok: true, entries: points.size }),
    close: async () => {},
  };
}
