/**
 * Mean of the last layer over all tokens, of length 1.
 * @param output Numbers of `[1, tokens, dimensions]`.
 */
export function meanVector({ data, dims }: { data: Float32Array; dims: readonly number[] }): Float32Array {
  const [batch, tokens = 0, dimensions = 0] = dims;
  if (batch !== 1 || dims.length !== 3 || data.length !== tokens * dimensions)
    throw new TypeError(`the embedder gives numbers of the shape [${dims.join(", ")}] instead of [1, tokens, dimensions]`);
  const sum = new Float64Array(dimensions);
  for (let index = 0; index < data.length; index++) sum[index % dimensions] = (sum[index % dimensions] ?? 0) + (data[index] ?? 0);
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / length);
}
