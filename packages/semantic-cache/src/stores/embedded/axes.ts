import { dot } from "./dot.ts";
import { learnedAxes, learnedDimensions } from "./learned-axes.ts";

/** Orthonormal axes: learned ones where vectors are of the embedder's length, else those of the coordinates. */
export function axesOf(dimensions: number, count: number): Float32Array[] {
  if (dimensions !== learnedDimensions) {
    return Array.from({ length: Math.min(count, dimensions) }, (_, i) =>
      Float32Array.from({ length: dimensions }, (_v, j) => (i === j ? 1 : 0)),
    );
  }
  const bytes = Buffer.from(learnedAxes, "base64");
  const rows = Array.from({ length: count }, (_, row) =>
    Float32Array.from({ length: dimensions }, (_v, i) => bytes.readInt8(row * dimensions + i)),
  );
  return orthonormal(rows);
}

/** Gram and Schmidt, twice: what is rounded once is not quite at right angles. */
export function orthonormal(rows: readonly Float32Array[]): Float32Array[] {
  const axes: Float32Array[] = [];
  for (const row of rows) {
    const axis = Float32Array.from(row);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of axes) {
        const share = dot(other, axis);
        for (let i = 0; i < axis.length; i++) axis[i] = (axis[i] as number) - share * (other[i] as number);
      }
    }
    const length = Math.sqrt(dot(axis, axis));
    axes.push(axis.map((value) => value / length));
  }
  return axes;
}
