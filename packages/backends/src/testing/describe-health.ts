import { describe, expect, test } from "vitest";
import { abortLimitMs, contextWith, failureOf, play, requestFor, tokens } from "./harness.ts";
import type { BackendSetup } from "./scenario.ts";

const checkLimitMs = 10_000;

export function describeHealth(setup: BackendSetup): void {
  describe("health and close", () => {
    test("a provider that answers is healthy", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      expect(await subject.backend.healthCheck?.(AbortSignal.timeout(checkLimitMs))).toMatchObject({ ok: true });
    });

    test("one that cannot be reached is not, and the check says why", async (context) => {
      await using subject = await play(setup, { kind: "refuse" }, context);
      const health = await subject.backend.healthCheck?.(AbortSignal.timeout(checkLimitMs));
      expect(health).toMatchObject({ ok: false, message: expect.stringMatching(/\w/) });
    });

    test("close ends the calls under way, and can be called twice", async (context) => {
      await using subject = await play(setup, { kind: "hang" }, context);
      const failure = failureOf(subject.backend.generate(requestFor(subject), contextWith({ firstTokenTimeoutMs: 5_000 })));
      await subject.callBegan();
      const start = performance.now();
      await subject.backend.close?.();
      await subject.backend.close?.();
      expect((await failure).kind).toBe("aborted");
      expect(performance.now() - start).toBeLessThan(abortLimitMs);
    });
  });
}
