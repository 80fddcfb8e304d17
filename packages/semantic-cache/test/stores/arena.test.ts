import * as fc from "fast-check";
import type { StoredVector } from "@llm-router/contracts";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assembleScan } from "../../scripts/scan-source.ts";
import { Arena } from "../../src/stores/embedded/arena.ts";
import { createProjection } from "../../src/stores/embedded/projection.ts";
import { createSegment, type Question, segmentRows } from "../../src/stores/embedded/segment.ts";
import { nearestOf, nearTo, pointOf, randomVector, testDimensions } from "../../src/testing/vectors.ts";

const project = createProjection(testDimensions);

function questionOf(vector: Float32Array): Question {
  return { vector, projected: project(vector) };
}

function stored(i: number): StoredVector {
  const topic = randomVector(i % 20);
  return pointOf({ prompt: `q${i}`, vector: nearTo(topic, 0.2 + (i % 7) / 10, i), model: i % 4 === 0 ? "b" : "a" });
}

test("beyond one segment it finds what a look at all rows finds, also after rows were taken away", () => {
  const arena = new Arena(testDimensions, project);
  const points = Array.from({ length: segmentRows + 500 }, (_, i) => stored(i));
  for (const point of points) arena.put(point);
  const left = points.filter((_, i) => i % 3 !== 0 && i < segmentRows + 300);
  const kept = new Set(left);
  for (const point of points) if (!kept.has(point)) arena.delete(point.id);
  expect(arena.size).toBe(left.length);
  for (let seed = 0; seed < 20; seed++) {
    const query = { vector: nearTo(randomVector(seed), 0.4, 50_000 + seed), limit: 5, floor: 0.75, models: ["a", "b"] };
    const found = arena.query({ ...query, now: Date.now() });
    expect(found.length).toBe(5);
    expect(found.map(({ id }) => id)).toEqual(nearestOf(left, query).map(({ id }) => id));
  }
});

test("whatever is put, put again and deleted, it finds what is there", () => {
  const step = fc.record({ id: fc.nat(40), seed: fc.nat(1_000), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(1_000), fc.double({ min: -1, max: 1, noNaN: true }), (steps, asked, floor) => {
      const arena = new Arena(testDimensions, project);
      const model = new Map<string, StoredVector>();
      for (const { id, seed, put } of steps) {
        const point = pointOf({ prompt: `q${id}`, vector: nearTo(randomVector(id % 3), 0.5, seed), model: seed % 2 === 0 ? "a" : "b" });
        const known = [...model.values()].find(({ prompt }) => prompt === point.prompt);
        if (known) {
          arena.delete(known.id);
          model.delete(known.id);
        }
        if (put) {
          arena.put(point);
          model.set(point.id, point);
        }
      }
      const query = { vector: nearTo(randomVector(0), 0.3, asked), limit: 10, floor, models: ["a"] };
      const found = arena.query({ ...query, now: Date.now() });
      expect(found.map(({ cosine }) => cosine.toFixed(4))).toEqual(
        nearestOf([...model.values()], query).map(({ cosine }) => cosine.toFixed(4)),
      );
      expect(arena.size).toBe(model.size);
    }),
    { numRuns: 40 },
  );
});

test("the compiled scan and the plain one leave the same rows", () => {
  const [quick, plain] = [createSegment(segmentRows, testDimensions), createSegment(1_000, testDimensions)];
  for (let row = 0; row < 1_000; row++) {
    const { vector } = stored(row);
    for (const segment of [quick, plain]) segment.set(row, vector, project(vector));
  }
  for (const [seed, least] of [0.9, 0.75, 0.5, 0.2, -1].entries()) {
    const question = questionOf(nearTo(randomVector(seed), 0.3, 7));
    const found = plain.scan(question, 1_000, least);
    expect(quick.scan(question, 1_000, least).rows).toEqual(found.rows);
    const cosines = [...quick.scan(question, 1_000, least).cosines].map((cosine) => cosine.toFixed(4));
    expect(cosines).toEqual([...found.cosines].map((cosine) => cosine.toFixed(4)));
    expect(found.rows.length).toBeGreaterThan(0);
  }
  expect(quick.scan(questionOf(randomVector(0)), 1_000, 0.9).rows.length).toBeLessThan(200);
});

/** The formatter may break the line. */
function codeIn(text: string): string | undefined {
  return /"([^"]+)"/.exec(text)?.[1];
}

test("scan-code.ts is what scan.wat gives", async () => {
  const file = new URL("../../src/stores/embedded/scan-code.ts", import.meta.url);
  expect(codeIn(readFileSync(file, "utf8"))).toBe(codeIn(await assembleScan()));
});
