import { instantiateScan } from "./compiled-scan.ts";
import { dot } from "./dot.ts";
import { firstAxes, secondAxes } from "./projection.ts";

/** Where the parts of a segment begin in its memory, in bytes. */
export interface Layout {
  first: number;
  firstRest: number;
  second: number;
  secondRest: number;
  vectors: number;
  /** The coordinates of the vector that is asked for, and the vector itself. */
  asked: number;
  question: number;
  /** Where the numbers of the rows that are left go, and their products with the question. */
  out: number;
  cosines: number;
}

interface ScanCall {
  /** Of the rows, how many are looked at. */
  count: number;
  /** Lengths of what the asked vector's coordinates leave out. */
  firstRest: number;
  secondRest: number;
  /** Rows that are surely not as near are left out. */
  least: number;
}

/** Writes the rows that may be near enough to `out`, and how near they are to `cosines`. Returns how many they are. */
export type Scan = (call: ScanCall) => number;

export function createQuickScan(memory: WebAssembly.Memory, at: Layout, dimensions: number): Scan {
  const { scan, score } = instantiateScan(memory);
  return ({ count, firstRest, secondRest, least }) => {
    const found = scan(count, at.first, at.firstRest, at.second, at.secondRest, at.asked, firstRest, secondRest, least, at.out);
    score(found, at.out, at.vectors, 4 * dimensions, at.question, at.cosines);
    return found;
  };
}

/** The same, for memory that is none of WebAssembly's. */
export function createPlainScan(memory: ArrayBuffer, at: Layout, dimensions: number): Scan {
  const floats = new Float32Array(memory);
  const rows = new Int32Array(memory);
  const part = (bytes: number, length: number) => floats.subarray(bytes / 4, bytes / 4 + length);
  const [first, firstRests, second, secondRests] = [at.first / 4, at.firstRest / 4, at.second / 4, at.secondRest / 4];
  const [vectors, out, cosines] = [at.vectors / 4, at.out / 4, at.cosines / 4];
  const asked = part(at.asked, firstAxes);
  const askedSecond = part(at.asked + 4 * firstAxes, secondAxes);
  const question = part(at.question, dimensions);
  return ({ count, firstRest, secondRest, least }) => {
    let found = 0;
    for (let row = 0; row < count; row++) {
      const near = dot(asked, floats, first + row * firstAxes);
      if (near + firstRest * (floats[firstRests + row] as number) < least) continue;
      const nearer = near + dot(askedSecond, floats, second + row * secondAxes);
      if (nearer + secondRest * (floats[secondRests + row] as number) < least) continue;
      rows[out + found] = row;
      floats[cosines + found] = dot(question, floats, vectors + row * dimensions);
      found += 1;
    }
    return found;
  };
}
