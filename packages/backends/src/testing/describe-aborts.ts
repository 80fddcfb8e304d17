import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { abortLimitMs, asFailure, contextWith, failureOf, observe, play, requestFor, streamOf, tokens } from "./harness.ts";
import type { BackendSetup } from "./scenario.ts";

export function describeAborts(setup: BackendSetup): void {
  describe("aborts", () => {
    test("a signal that has fired already makes no call", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      expect((await failureOf(subject.backend.generate(requestFor(subject), contextWith({ signal: AbortSignal.abort() })))).kind).toBe(
        "aborted",
      );
    });

    test("a call without an answer yet ends at once, and the provider sees its caller leave", async (context) => {
      await using subject = await play(setup, { kind: "hang" }, context);
      const abort = new AbortController();
      const failure = failureOf(subject.backend.generate(requestFor(subject), contextWith({ signal: abort.signal })));
      await subject.callBegan();
      const start = performance.now();
      abort.abort();
      expect((await failure).kind).toBe("aborted");
      await subject.callerLeft();
      expect(performance.now() - start).toBeLessThan(abortLimitMs);
    });

    test("a stream ends at once, and the provider sees its caller leave", async (context) => {
      await using subject = await play(setup, { kind: "endless" }, context);
      const abort = new AbortController();
      const long = requestFor(subject, { maxTokens: 100_000 });
      let start = 0;
      const { deltas, error } = await observe(streamOf(subject, contextWith({ signal: abort.signal }), long), () => {
        start = performance.now();
        abort.abort();
      });
      expect(asFailure(error).kind).toBe("aborted");
      expect(deltas).toHaveLength(1);
      await subject.callerLeft();
      expect(performance.now() - start).toBeLessThan(abortLimitMs);
    });

    test("leaving the stream ends the call", async (context) => {
      await using subject = await play(setup, { kind: "endless" }, context);
      for await (const delta of streamOf(subject, contextWith(), requestFor(subject, { maxTokens: 100_000 }))) {
        expect(delta.text).not.toBe("");
        break;
      }
      await subject.callerLeft();
    });

    test("the same signal serves many calls and keeps nothing of them", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      const abort = new AbortController();
      for (let i = 0; i < 3; i++) await subject.backend.generate(requestFor(subject), contextWith({ signal: abort.signal }));
      expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    });
  });
}
