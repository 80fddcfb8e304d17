// Learns the axes that the embedded store's scan reads first, and writes them to src/stores/embedded/learned-axes.ts:
// node packages/semantic-cache/scripts/learn-axes.ts --texts FILE [--count 6000]
// FILE: JSON lines { a, b, … } or { text }, also gzipped. The axes decide how quick a search is, never what it finds.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { openEngine } from "../src/engine.ts";
import { orthonormal } from "../src/stores/embedded/axes.ts";
import { dot } from "../src/stores/embedded/dot.ts";
import { firstAxes, secondAxes } from "../src/stores/embedded/projection.ts";

const { values } = parseArgs({ options: { texts: { type: "string" }, count: { type: "string", default: "6000" } } });
if (values.texts === undefined) throw new Error("name a file with --texts FILE");
const rounds = 60;

function readTexts(file: string, count: number): string[] {
  const bytes = readFileSync(file);
  const lines = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().split("\n");
  const texts = new Set<string>();
  for (const line of lines) {
    if (texts.size >= count) break;
    const row = line === "" ? {} : (JSON.parse(line) as { a?: string; b?: string; text?: string });
    for (const text of [row.a, row.b, row.text]) if (text !== undefined) texts.add(text);
  }
  return [...texts].slice(0, count);
}

/** Mean products of the coordinates, row by row. */
function momentsOf(vectors: readonly Float32Array[], dimensions: number): Float32Array[] {
  const rows = Array.from({ length: dimensions }, () => new Float32Array(dimensions));
  for (const vector of vectors) {
    for (const [i, row] of rows.entries()) {
      const share = (vector[i] ?? 0) / vectors.length;
      for (let j = 0; j < dimensions; j++) row[j] = (row[j] ?? 0) + share * (vector[j] ?? 0);
    }
  }
  return rows;
}

/** Those along which vectors differ most, by orthogonal iteration; the strongest first. */
function principalAxes(vectors: readonly Float32Array[], count: number, dimensions: number): Float32Array[] {
  const moments = momentsOf(vectors, dimensions);
  let axes = orthonormal(vectors.slice(0, count));
  for (let round = 0; round < rounds; round++) axes = orthonormal(axes.map((axis) => Float32Array.from(moments, (row) => dot(row, axis))));
  return axes;
}

/** Whole numbers from -127 to 127: reading them makes them orthonormal again. */
function rounded(axis: Float32Array): Int8Array {
  const largest = axis.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return Int8Array.from(axis, (value) => Math.round((value / largest) * 127));
}

const engine = await openEngine();
const texts = readTexts(values.texts, Number(values.count));
const vectors = await engine.embedder.embed(texts);
const { dimensions } = engine.embedder;
await engine.close();
const axes = principalAxes(vectors, firstAxes + secondAxes, dimensions);
const code = Buffer.concat(axes.map((axis) => Buffer.from(rounded(axis).buffer))).toString("base64");
const file = new URL("../src/stores/embedded/learned-axes.ts", import.meta.url);
writeFileSync(
  file,
  [
    `// Made by scripts/learn-axes.ts from ${texts.length} questions.`,
    "export const learnedDimensions = " + String(dimensions) + ";",
    `/** The ${axes.length} axes along which they differ most, the strongest first: a signed byte a coordinate, base64. */`,
    "export const learnedAxes =",
    `  "${code}";`,
    "",
  ].join("\n"),
);
const kept = vectors.reduce((sum, vector) => sum + axes.reduce((part, axis) => part + dot(axis, vector) ** 2, 0), 0) / vectors.length;
console.log(`${axes.length} axes from ${texts.length} texts keep ${(100 * kept).toFixed(1)} % of a vector's length squared`);
