import { quickLength } from "./compiled-scan.ts";
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
  /** Coordinates, rests and vectors, row after row each. */
  readonly parts: readonly Float32Array[];
  set(row: number, vector: Float32Array, projected: Projected): void;
  /** Puts a row here, of this segment or another one. */
  copy(row: number, from: Segment, fromRow: number): void;
  /** Of the first `count` rows, those that may be as near as `least`, with how near they are. Read them before the next call. */
  scan(question: Question, count: number, least: number): { rows: Int32Array; cosines: Float32Array };
}

export interface Question {
  vector: Float32Array;
  projected: Projected;
}

export function createSegment(capacity: number, dimensions: number): Segment {
  const widths = [firstAxes, 1, secondAxes, 1, dimensions];
  const lengths = [...widths.map((width) => width * capacity), firstAxes + secondAxes, dimensions, capacity, capacity];
  const offsets = lengths.map((_, i) => floatBytes * lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
  const [first = 0, firstRest = 0, second = 0, secondRest = 0, vectors = 0, asked = 0, question = 0, out = 0, cosines = 0] = offsets;
  const layout = { first, firstRest, second, secondRest, vectors, asked, question, out, cosines };
  const bytes = floatBytes * lengths.reduce((sum, length) => sum + length, 0);
  // Each of WebAssembly's memories takes a large piece of the address space, and small partitions may be many.
  const isQuick = capacity >= segmentRows && dimensions % quickLength === 0;
  const memory = isQuick ? new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) }) : undefined;
  const buffer = memory?.buffer ?? new ArrayBuffer(bytes);
  const scan = memory ? createQuickScan(memory, layout, dimensions) : createPlainScan(buffer, layout, dimensions);
  const parts = widths.map((width, i) => new Float32Array(buffer, offsets[i], width * capacity));
  const askedPart = new Float32Array(buffer, asked, firstAxes + secondAxes);
  const questionPart = new Float32Array(buffer, question, dimensions);
  const set = (row: number, values: readonly ArrayLike<number>[]) => {
    for (const [i, part] of parts.entries()) part.set(values[i] ?? [], row * (widths[i] ?? 0));
  };
  return {
    capacity,
    bytes: buffer.byteLength,
    parts,
    set: (row, vector, near) => set(row, [near.first, [near.firstRest], near.second, [near.secondRest], vector]),
    copy(row, from, fromRow) {
      const values = from.parts.map((part, i) => part.subarray(fromRow * (widths[i] ?? 0), (fromRow + 1) * (widths[i] ?? 0)));
      set(row, values);
    },
    scan({ vector, projected }, count, least) {
      const { first: head, second: tail, ...rests } = projected;
      askedPart.set(head);
      askedPart.set(tail, firstAxes);
      questionPart.set(vector);
      const found = scan({ count, ...rests, least: least - tolerance });
      return { rows: new Int32Array(buffer, out, found), cosines: new Float32Array(buffer, cosines, found) };
    },
  };
}

/** A larger segment with the same rows. */
export function growSegment(segment: Segment, capacity: number, dimensions: number): Segment {
  const grown = createSegment(capacity, dimensions);
  for (const [i, part] of segment.parts.entries()) grown.parts[i]?.set(part);
  return grown;
}
