import { describe, expect, test } from "vitest";
import type { Guard, Verdict } from "../../src/guards/guard.ts";
import { read } from "../../src/guards/reading.ts";

type Case = readonly [a: string, b: string, verdict: Verdict];

/** What a guard says of pairs, whichever of the two was first. */
export function describeGuard(guard: Guard, cases: readonly Case[]): void {
  describe(`guard ${guard.name}`, () => {
    test.each(cases)("%s | %s: %s", (a, b, verdict) => {
      expect(guard.check(read(a), read(b))).toBe(verdict);
      expect(guard.check(read(b), read(a))).toBe(verdict);
    });
  });
}
