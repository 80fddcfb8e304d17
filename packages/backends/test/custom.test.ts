import { type Backend, BackendError } from "@llm-router/contracts";
import { expect, test } from "vitest";
import { wrapCustomBackend } from "../src/index.ts";
import { asFailure, contextWith, failureOf, observe } from "../src/testing/harness.ts";

const request = { model: "x", prompt: "hi", messages: [{ role: "user" as const, content: "hi" }] };
const answering = (answer: unknown): Backend => ({ generate: async () => answer as never });
const streaming = (stream: () => AsyncGenerator): Backend => ({
  ...answering({ content: "" }),
  stream: stream as NonNullable<Backend["stream"]>,
});
/** What plain JavaScript may throw. */
async function* throwing(reason: unknown): AsyncGenerator<never> {
  yield* [];
  throw reason;
}
const generate = (backend: Backend, more = {}) => wrapCustomBackend(backend, "mine").generate(request, contextWith(more));

test("generate alone is enough: its answer is the stream's one delta", async () => {
  const backend = wrapCustomBackend(answering({ content: "hello" }), "mine");
  expect(await backend.generate(request, contextWith())).toEqual({ content: "hello", finishReason: "stop" });
  expect(await observe(backend.stream(request, contextWith()))).toEqual({
    deltas: [{ text: "hello", finishReason: "stop" }],
    error: undefined,
  });
  expect(await backend.healthCheck(AbortSignal.timeout(1_000))).toEqual({ ok: true });
  await backend.close();
});

test("an instance of a class keeps its `this`", async () => {
  class Mine {
    readonly word = "hello";
    async generate() {
      return { content: this.word };
    }
  }
  expect((await generate(new Mine())).content).toBe("hello");
});

test.each([
  ["success: false", answering({ content: "", success: false, error: "out of luck" }), /out of luck/],
  ["success: false without a reason", answering({ success: false }), /success: false/],
  ["an unknown throw", { generate: () => Promise.reject(new Error("boom")) }, /boom/],
  [
    "a throw before any promise",
    {
      generate: () => {
        throw new Error("boom");
      },
    },
    /boom/,
  ],
  ["a thrown text", streaming(() => throwing("boom")), /boom/],
  ["nothing at all", answering(undefined), /without content or toolCalls/],
  ["an answer without content or toolCalls", answering({ finishReason: "stop" }), /without content or toolCalls/],
  ["a stream of nothing", streaming(async function* () {}), /without content or toolCalls/],
  [
    "a stream of something else",
    streaming(async function* () {
      yield "text";
    }),
    /not a delta/,
  ],
])("%s is a server-error", async (_, backend, message) => {
  const failure = await failureOf(generate(backend));
  expect(failure.kind).toBe("server-error");
  expect(failure.message).toMatch(message);
});

test("an empty text is an answer, and calls of tools need no text", async () => {
  const toolCalls = [{ id: "1", type: "function" as const, function: { name: "f", arguments: "{}" } }];
  expect(await generate(answering({ content: "" }))).toEqual({ content: "", finishReason: "stop" });
  expect(await generate(answering({ toolCalls }))).toEqual({ content: "", toolCalls, finishReason: "tool_calls" });
});

test("a BackendError keeps its kind, and its message is cleaned", async () => {
  const thrown = new BackendError("rate-limited", "slow down, sk-0123456789abcdef", { retryAfterMs: 700, status: 429 });
  const failure = await failureOf(generate({ generate: () => Promise.reject(thrown) }));
  expect(failure).toMatchObject({ kind: "rate-limited", retryAfterMs: 700, status: 429, message: "slow down, [key]" });
});

test("a stream that ends by itself without a finish reason has finished; one that throws has not", async () => {
  const good = streaming(async function* () {
    yield { text: "a" };
    yield { text: "b" };
  });
  expect(await generate(good)).toEqual({ content: "ab", finishReason: "stop" });
  const bad = streaming(async function* () {
    yield { text: "a" };
    throw new Error("gone");
  });
  const { deltas, error } = await observe(wrapCustomBackend(bad, "mine").stream(request, contextWith()));
  expect(deltas).toEqual([{ text: "a" }]);
  expect(asFailure(error).kind).toBe("server-error");
});

test("a backend that ignores its signal is left behind: abort, timeout and close", async () => {
  const deaf: Backend = { generate: () => new Promise(() => undefined) };
  const abort = new AbortController();
  const aborted = failureOf(generate(deaf, { signal: abort.signal }));
  abort.abort();
  expect((await aborted).kind).toBe("aborted");
  expect((await failureOf(generate(deaf, { firstTokenTimeoutMs: 20 }))).kind).toBe("timeout");
  const backend = wrapCustomBackend(deaf, "mine");
  const closed = failureOf(backend.generate(request, contextWith()));
  await backend.close();
  expect((await closed).kind).toBe("aborted");
});

test("a health check that throws is an answer", async () => {
  const backend = wrapCustomBackend({ ...answering({}), healthCheck: () => Promise.reject(new Error("no GPU")) }, "mine");
  expect(await backend.healthCheck(AbortSignal.timeout(1_000))).toMatchObject({ ok: false, message: "no GPU" });
});
