import { expect, test } from "vitest";
import { percentile } from "../summary.ts";

test("a percentile is one of the values, by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(hundred, 50), percentile(hundred, 95), percentile([7.4], 95), percentile([1, 2], 50)]).toEqual([50, 95, 7, 1]);
  expect(percentile([], 50)).toBeNull();
});
