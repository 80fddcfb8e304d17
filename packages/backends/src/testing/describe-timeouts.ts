import { describe, expect, test } from "vitest";
import { asFailure, contextWith, failureOf, observe, play, requestFor, streamOf, textOf, tokens, wholeText } from "./harness.ts";
import type { BackendSetup } from "./scenario.ts";

export function describeTimeouts(setup: BackendSetup): void {
  describe("timeouts", () => {
    test("a provider that sends no byte is cut after firstTokenTimeoutMs, in plain requests too", async (context) => {
      await using subject = await play(setup, { kind: "hang" }, context);
      const start = performance.now();
      expect((await failureOf(subject.backend.generate(requestFor(subject), contextWith({ firstTokenTimeoutMs: 150 })))).kind).toBe(
        "timeout",
      );
      expect(performance.now() - start).toBeGreaterThanOrEqual(145);
      await subject.callerLeft();
    });

    test("a provider that goes silent is cut after tokenGapTimeoutMs, and what it sent has been passed on", async (context) => {
      await using subject = await play(setup, { kind: "stall", tokens, after: 2 }, context);
      const { deltas, error } = await observe(streamOf(subject, contextWith({ tokenGapTimeoutMs: 150 })));
      expect(asFailure(error).kind).toBe("timeout");
      expect(textOf(deltas)).toBe("One two");
      await subject.callerLeft();
    });

    test("silence is cut in plain requests too", async (context) => {
      await using subject = await play(setup, { kind: "stall", tokens, after: 2 }, context);
      expect((await failureOf(subject.backend.generate(requestFor(subject), contextWith({ tokenGapTimeoutMs: 150 })))).kind).toBe(
        "timeout",
      );
    });

    test("the wait for the first token is bounded by firstTokenTimeoutMs alone", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens, latencyMs: 400 }, context);
      const answer = await subject.backend.generate(requestFor(subject), contextWith({ tokenGapTimeoutMs: 200 }));
      expect(answer.content).toEqual(wholeText(subject));
    });

    test("a time that no timer can hold is no limit, not a limit of 1 ms", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens, latencyMs: 50 }, context);
      const forever = contextWith({ firstTokenTimeoutMs: 10 ** 10, tokenGapTimeoutMs: Number.POSITIVE_INFINITY });
      expect((await subject.backend.generate(requestFor(subject), forever)).content).toEqual(wholeText(subject));
    });
  });
}
