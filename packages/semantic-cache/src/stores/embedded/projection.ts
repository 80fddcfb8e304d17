import { axesOf } from "./axes.ts";
import { dot } from "./dot.ts";

/** Coordinates that a scan reads of every row, and those that it reads of rows which the first did not rule out. */
export const firstAxes = 32;
export const secondAxes = 32;

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
  return (vector) => {
    const coordinates = new Float32Array(firstAxes + secondAxes);
    for (const [i, axis] of axes.entries()) coordinates[i] = dot(axis, vector);
    const [first, second] = [coordinates.subarray(0, firstAxes), coordinates.subarray(firstAxes)];
    const firstLeft = dot(vector, vector) - dot(first, first);
    return { first, firstRest: root(firstLeft), second, secondRest: root(firstLeft - dot(second, second)) };
  };
}

/** Rounding may leave less than nothing. */
function root(square: number): number {
  return Math.sqrt(Math.max(0, square));
}
