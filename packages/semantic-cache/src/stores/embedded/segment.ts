import { firstAxes, type Projected, secondAxes } from "./projection.ts";
import { createPlainScan, createQuickScan } from "./scan.ts";

/** Of a segment that is full-grown. */
export const segmentRows = 4_096;
const pageBytes = 65_536;
const floatBytes = 4;
/** What rounding may take from a bound: it is computed in single precision. */
const tolerance = 1e-4;

/**
 * Rows of vectors, with what a scan reads of them first: their coordinates on the axes along which texts differ most, and the length of
 * what those leave out. By Cauchy and Schwarz the product of two vectors is at most that of the coordinates plus that of the rests, so
 * most rows are ruled out after a twelfth of the work, and none wrongly.
 */
export interface Segment {
  readonly capacity: number;
  readonly bytes: number;
  readonly vectors: Float32Array;
  /** Coordinates, rests and vectors, row after row each. */
  readonly parts: readonly Float32Array[];
  set(row: number, vector: Float32Array, projected: Projected): void;
  /** Puts a row here, of this segment or another one. */
  copy(row: number, from: Segment, fromRow: number): void;
  /** Of the first `count` rows, those that may be as near as `least`. Read them before the next call. */
  scan(asked: Projected, count: number, least: number): Int32Array;
}

export function createSegment(capacity: number, dimensions: number): Segment {
  const widths = [firstAxes, 1, secondAxes, 1, dimensions];
  const lengths = [...widths.map((width) => width * capacity), firstAxes + secondAxes, capacity];
  const offsets = lengths.map((_, i) => floatBytes * lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
  const [first = 0, firstRest = 0, second = 0, secondRest = 0, , asked = 0, out = 0] = offsets;
  const layout = { first, firstRest, second, secondRest, asked, out };
  const bytes = floatBytes * lengths.reduce((sum, length) => sum + length, 0);
  // Each of WebAssembly's memories takes a large piece of the address space, and small partitions may be many.
  const memory = capacity < segmentRows ? undefined : new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  const buffer = memory?.buffer ?? new ArrayBuffer(bytes);
  const scan = memory ? createQuickScan(memory, layout) : createPlainScan(buffer, layout);
  const parts = widths.map((width, i) => new Float32Array(buffer, offsets[i], width * capacity));
  const question = new Float32Array(buffer, asked, firstAxes + secondAxes);
  const set = (row: number, values: readonly ArrayLike<number>[]) => {
    for (const [i, part] of parts.entries()) part.set(values[i] ?? [], row * (widths[i] ?? 0));
  };
  return {
    capacity,
    bytes: buffer.byteLength,
    vectors: parts[4] ?? new Float32Array(),
    parts,
    set: (row, vector, near) => set(row, [near.first, [near.firstRest], near.second, [near.secondRest], vector]),
    copy(row, from, fromRow) {
      const values = from.parts.map((part, i) => part.subarray(fromRow * (widths[i] ?? 0), (fromRow + 1) * (widths[i] ?? 0)));
      set(row, values);
    },
    scan({ first: head, second: tail, ...rests }, count, least) {
      question.set(head);
      question.set(tail, firstAxes);
      const found = scan({ count, ...rests, least: least - tolerance });
      return new Int32Array(buffer, out, found);
    },
  };
}

/** A larger segment with the same rows. */
export function growSegment(segment: Segment, capacity: number, dimensions: number): Segment {
  const grown = createSegment(capacity, dimensions);
  for (const [i, part] of segment.parts.entries()) grown.parts[i]?.set(part);
  return grown;
}
