import { getEventListeners } from "node:events";
import { BackendError } from "@llm-router/contracts";
import { expect, test } from "vitest";
import { collect, withTimeouts } from "../src/index.ts";
import { asFailure, contextWith, failureOf } from "../src/testing/harness.ts";

/** A backend that hears nothing: it waits for ever, whatever its signal says. */
const deaf: AsyncIterable<string> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined), return: () => new Promise(() => undefined) }),
};

async function* numbers(upTo: number): AsyncGenerator<number, void, void> {
  for (let i = 1; i <= upTo; i++) yield i;
}

test("a backend that ignores its signal cannot hold the call: abort", async () => {
  const abort = new AbortController();
  const next = withTimeouts(() => deaf, contextWith({ signal: abort.signal })).next();
  const start = performance.now();
  abort.abort();
  expect((await failureOf(next)).kind).toBe("aborted");
  expect(performance.now() - start).toBeLessThan(100);
});

test("a backend that ignores its signal cannot hold the call: timeout", async () => {
  expect((await failureOf(withTimeouts(() => deaf, contextWith({ firstTokenTimeoutMs: 20 })).next())).kind).toBe("timeout");
});

test("the call's own signal is aborted with the failure as its reason", async () => {
  let signal: AbortSignal | undefined;
  const open = (own: AbortSignal): AsyncIterable<string> => ((signal = own), deaf);
  const failure = await failureOf(withTimeouts(open, contextWith({ firstTokenTimeoutMs: 20 })).next());
  expect(signal?.aborted).toBe(true);
  expect(signal?.reason).toBe(failure);
});

test("a signal that fires while the reader is busy ends the stream at its next step", async () => {
  const abort = new AbortController();
  const items = withTimeouts(() => numbers(5), contextWith({ signal: abort.signal }));
  expect(await items.next()).toEqual({ done: false, value: 1 });
  abort.abort();
  expect((await failureOf(items.next())).kind).toBe("aborted");
});

test("the reader's own time is not the provider's silence", async () => {
  const items = withTimeouts(() => numbers(2), contextWith({ firstTokenTimeoutMs: 20, tokenGapTimeoutMs: 20 }));
  await items.next();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await items.next()).toEqual({ done: false, value: 2 });
});

test("a finished call does not abort its signal, and leaves no listener", async () => {
  const { signal: callers } = new AbortController();
  const { signal: closing } = new AbortController();
  let own: AbortSignal | undefined;
  const seen = await Array.fromAsync(
    withTimeouts((signal) => ((own = signal), numbers(3)), { ...contextWith({ signal: callers }), closing }),
  );
  expect(seen).toEqual([1, 2, 3]);
  expect(own?.aborted).toBe(false);
  expect([...getEventListeners(callers, "abort"), ...getEventListeners(closing, "abort")]).toEqual([]);
});

test("leaving early closes the source and aborts its signal", async () => {
  const closed = Promise.withResolvers<void>();
  let own: AbortSignal | undefined;
  async function* source(signal: AbortSignal): AsyncGenerator<number, void, void> {
    own = signal;
    try {
      yield* numbers(5);
    } finally {
      closed.resolve();
    }
  }
  for await (const item of withTimeouts(source, contextWith())) if (item === 2) break;
  expect(own?.aborted).toBe(true);
  await closed.promise;
});

test("what the source throws passes through, also when it throws at once", async () => {
  const broken = new BackendError("server-error", "broken");
  const open = (): AsyncIterable<string> => {
    throw broken;
  };
  expect(await failureOf(withTimeouts(open, contextWith()).next())).toBe(broken);
});

const call = (id: string) => ({ id, type: "function" as const, function: { name: "f", arguments: "{}" } });

test("collect folds deltas, and an answer without an end is truncated", async () => {
  async function* deltas() {
    yield { reasoning: "hm" };
    yield { text: "a" };
    yield { toolCalls: [call("1")] };
    yield { text: "b", toolCalls: [call("2")] };
  }
  expect(asFailure(await collect(deltas()).catch((error: unknown) => error)).kind).toBe("truncated");
  async function* finished() {
    yield* deltas();
    yield { finishReason: "tool_calls" as const };
  }
  expect(await collect(finished())).toEqual({
    content: "ab",
    reasoning: "hm",
    toolCalls: [call("1"), call("2")],
    finishReason: "tool_calls",
  });
});
