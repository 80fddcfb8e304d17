/**
 * Mean of the last layer over all tokens, of length 1.
 * @param output Numbers of `[1, tokens, dimensions]`.
 */
export function meanVector({ data, dims }: { data: Float32Array; dims: readonly number[] }): Float32Array {
  const [batch, tokens = 0, dimensions = 0] = dims;
  if (batch !== 1 || dims.length !== 3 || data.length !== tokens * dimensions)
    throw new TypeError(`the embedder gives numbers of the shape [${dims.join(", ")}] instead of [1, tokens, dimensions]`);
  const sum = new Float64Array(dimensions);
  for (let start = 0; start < data.length; start += dimensions)
    for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] ?? 0) + (data[start + i] ?? 0);
  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  return Float32Array.from(sum, (value) => value / length);
}
