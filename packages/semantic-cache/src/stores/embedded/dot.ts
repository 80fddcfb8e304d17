/** Of two vectors of the same length. Four sums at once: each need not wait for the one before. */
export function dot(a: Float32Array, b: Float32Array, at = 0, length = a.length): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += (a[i] as number) * (b[at + i] as number);
    s1 += (a[i + 1] as number) * (b[at + i + 1] as number);
    s2 += (a[i + 2] as number) * (b[at + i + 2] as number);
    s3 += (a[i + 3] as number) * (b[at + i + 3] as number);
  }
  for (; i < length; i++) s0 += (a[i] as number) * (b[at + i] as number);
  return s0 + s1 + s2 + s3;
}
