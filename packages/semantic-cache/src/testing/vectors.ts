import type { VectorMatch, VectorPoint, VectorQuery } from "../ports.ts";
import { uuidV5 } from "../uuid-v5.ts";

/** Length of the vectors. */
export const testDimensions = 384;
const hour = 3_600_000;

/** Numbers from -1 to 1 that the seed makes, the same in every run. */
function seeded(seed: number): () => number {
  let state = (seed + 1) * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A vector of length 1. */
export function randomVector(seed: number): Float32Array {
  const next = seeded(seed);
  return unit(Float32Array.from({ length: testDimensions }, next));
}

/** One near to another: their cosine is about 1 / √(1 + distance²). */
export function nearTo(vector: Float32Array | undefined, distance: number, seed: number): Float32Array {
  const other = randomVector(seed + 10_000);
  return unit(Float32Array.from({ length: testDimensions }, (_, i) => (vector?.[i] ?? 0) + distance * (other[i] ?? 0)));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}

/** A point in partition `p`, of model `a`, for an hour, whose answer is `<partition>/<prompt>:<model>`. */
export function pointOf(point: Partial<VectorPoint> & Pick<VectorPoint, "prompt">): VectorPoint {
  const { partition = "p", model = "a", prompt, vector = randomVector(prompt.length), expiresAt = Date.now() + hour } = point;
  return { id: uuidV5(partition, prompt, model), partition, prompt, model, vector, expiresAt, entry: `${partition}/${prompt}:${model}` };
}

/** What a query must find. */
export function nearestOf(
  points: readonly VectorPoint[],
  { vector, limit, floor, models }: Omit<VectorQuery, "partition">,
): Pick<VectorMatch, "id" | "cosine">[] {
  return points
    .filter(({ model }) => models.includes(model))
    .map(({ id, vector: other }) => ({ id, cosine: other.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0) }))
    .filter(({ cosine }) => cosine >= floor)
    .toSorted((a, b) => b.cosine - a.cosine)
    .slice(0, limit);
}
