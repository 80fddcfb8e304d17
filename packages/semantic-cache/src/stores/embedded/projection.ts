import { axesOf } from "./axes.ts";
import { instantiateScan, quickLength } from "./compiled-scan.ts";
import { dot } from "./dot.ts";

/** Coordinates that a scan reads of every row, and those that it reads of rows which the first did not rule out. */
export const firstAxes = 32;
export const secondAxes = 32;

const floatBytes = 4;
const pageBytes = 65_536;

export interface Projected {
  first: Float32Array;
  /** Length of what the first axes leave out. */
  firstRest: number;
  second: Float32Array;
  /** Length of what both leave out. */
  secondRest: number;
}

export type Projection = (vector: Float32Array) => Projected;

/** Coordinates of vectors on orthonormal axes. Which axes they are decides how quick a scan is, never what it finds. */
export function createProjection(dimensions: number): Projection {
  const axes = axesOf(dimensions, firstAxes + secondAxes);
  const coordinatesOf = dimensions % quickLength === 0 ? quickCoordinates(axes, dimensions) : plainCoordinates(axes);
  return (vector) => {
    const coordinates = coordinatesOf(vector);
    const [first, second] = [coordinates.subarray(0, firstAxes), coordinates.subarray(firstAxes)];
    const firstLeft = dot(vector, vector) - dot(first, first);
    return { first, firstRest: root(firstLeft), second, secondRest: root(firstLeft - dot(second, second)) };
  };
}

function plainCoordinates(axes: readonly Float32Array[]): (vector: Float32Array) => Float32Array {
  return (vector) => {
    const coordinates = new Float32Array(firstAxes + secondAxes);
    for (const [i, axis] of axes.entries()) coordinates[i] = dot(axis, vector);
    return coordinates;
  };
}

/** To the compiled scan the axes are rows as any others. */
function quickCoordinates(axes: readonly Float32Array[], dimensions: number): (vector: Float32Array) => Float32Array {
  const vectorBytes = floatBytes * dimensions;
  const count = firstAxes + secondAxes;
  const [question, rows, coordinates] = [count * vectorBytes, (count + 1) * vectorBytes, (count + 1) * vectorBytes + count * floatBytes];
  const memory = new WebAssembly.Memory({ initial: Math.ceil((coordinates + count * floatBytes) / pageBytes) });
  const { score } = instantiateScan(memory);
  for (const [i, axis] of axes.entries()) new Float32Array(memory.buffer, i * vectorBytes, dimensions).set(axis);
  new Int32Array(memory.buffer, rows, count).set(Array.from({ length: count }, (_, i) => i));
  const asked = new Float32Array(memory.buffer, question, dimensions);
  const answer = new Float32Array(memory.buffer, coordinates, count);
  return (vector) => {
    asked.set(vector);
    score(axes.length, rows, 0, vectorBytes, question, coordinates);
    return answer.slice();
  };
}

/** Rounding may leave less than nothing. */
function root(square: number): number {
  return Math.sqrt(Math.max(0, square));
}
