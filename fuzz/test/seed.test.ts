import { expect, test } from "vitest";
import { planStep } from "../lib/load.ts";
import { lanes, planFaults } from "../lib/schedule.ts";

const plan = (seed: number, loadMs: number) =>
  planFaults(seed, loadMs).map(({ kind, atMs, round, random }) => ({ kind, atMs, round, draw: random.next() }));

test("the schedule of faults comes from the seed", () => {
  expect(plan(1, 120_000)).toEqual(plan(1, 120_000));
  expect(plan(1, 120_000)).not.toEqual(plan(2, 120_000));
});

const steps = (seed: number) => Array.from({ length: 200 }, (_, i) => planStep(seed, i % 3, i));

test("the load comes from the seed", () => {
  expect(steps(1)).toEqual(steps(1));
  expect(steps(1)).not.toEqual(steps(2));
});

test("two minutes have every kind of fault three times, in time; a short run has each once", () => {
  const kinds = Object.values(lanes).flat();
  const countsOf = (loadMs: number) => kinds.map((kind) => planFaults(7, loadMs).filter((fault) => fault.kind === kind).length);
  expect(countsOf(120_000)).toEqual(kinds.map(() => 3));
  expect(countsOf(20_000)).toEqual(kinds.map(() => 1));
  expect(planFaults(7, 120_000).every(({ atMs }) => atMs > 0 && atMs < 120_000)).toBe(true);
});
