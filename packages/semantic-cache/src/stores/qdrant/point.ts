import type { VectorMatch, VectorPoint } from "../../ports.ts";

interface Payload extends Record<string, unknown> {
  partition: string;
  model: string;
  entry: string;
  prompt: string;
  expires_at: number;
}

export function toPoint({ id, vector, expiresAt, partition, model, entry, prompt }: VectorPoint): {
  id: string;
  vector: number[];
  payload: Payload;
} {
  return { id, vector: Array.from(vector), payload: { partition, model, entry, prompt, expires_at: Math.round(expiresAt) } };
}

/** @throws Error when it is not what a query answers. */
export function toMatches(answer: unknown): VectorMatch[] {
  const points = fieldOf(answer, "points");
  if (!Array.isArray(points)) throw nonsense();
  return points.map((point: unknown) => {
    const payload = fieldOf(point, "payload");
    return {
      id: text(point, "id"),
      cosine: number(point, "score"),
      entry: text(payload, "entry"),
      model: text(payload, "model"),
      prompt: text(payload, "prompt"),
      expiresAt: number(payload, "expires_at"),
    };
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = fieldOf(value, name);
  if (typeof found !== "string") throw nonsense();
  return found;
}

function number(value: unknown, name: string): number {
  const found = fieldOf(value, name);
  if (typeof found !== "number") throw nonsense();
  return found;
}

function nonsense(): Error {
  return new Error("the answer is not one of Qdrant's");
}
