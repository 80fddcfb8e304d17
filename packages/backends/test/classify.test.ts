import type { BackendError, FailureKind } from "@llm-router/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyResponse, classifyStreamError, classifyThrown, type FailureScope } from "../src/classify.ts";
import { parseRetryAfter, scrub } from "../src/index.ts";

const scope: FailureScope = {
  server: "Ollama at http://127.0.0.1:11434",
  model: "m",
  notFoundFix: "Run `ollama pull m`.",
  secrets: ["hunter2-hunter2"],
  prompts: ["why is the sky blue?"],
};
const respond = (status: number, body: string, headers: Record<string, string> = {}): BackendError =>
  classifyResponse({ status, body, headers: new Headers(headers) }, scope);
const ollama = (error: string): string => JSON.stringify({ error });
const openai = (message: string, code: string | null): string =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } });

describe("answers with an error status", () => {
  test.each<[status: number, body: string, kind: FailureKind]>([
    [400, ollama('"m" does not support thinking'), "unsupported"],
    [400, ollama("registry.ollama.ai/library/m:latest does not support tools"), "unsupported"],
    [400, ollama('"m" does not support insert'), "unsupported"],
    [400, ollama("the input length exceeds the context length"), "unsupported"],
    [500, ollama("this model is missing data required for image input"), "unsupported"],
    [400, openai("Your messages resulted in 9000 tokens.", "context_length_exceeded"), "unsupported"],
    [400, openai("Invalid content type. image_url is only supported by certain models.", null), "unsupported"],
    [
      400,
      JSON.stringify({ error: { message: "the request exceeds the available context size", type: "exceed_context_size_error" } }),
      "unsupported",
    ],
    [400, ollama('time: invalid duration "soon"'), "rejected"],
    [500, ollama('option "temperature" must be of type float32'), "rejected"],
    [500, ollama("invalid JSON schema in format"), "rejected"],
    [500, ollama("llama runner process no longer running: -1 "), "server-error"],
    [500, "", "server-error"],
    [503, ollama("server busy, please try again.  maximum pending requests exceeded"), "rate-limited"],
    [503, "<html>down</html>", "server-error"],
    [404, "404 page not found", "not-found"],
    [405, "405 method not allowed", "not-found"],
    [403, "", "auth"],
    [408, "", "timeout"],
    [409, "", "rejected"],
  ])("%i %s is %s", (status, body, kind) => {
    expect(respond(status, body)).toMatchObject({ kind, status });
  });

  test("the message keeps what helps and no more: no pages, no echoed request, no key", () => {
    const detail = JSON.stringify({
      detail: [{ loc: ["body", "messages"], msg: "field required", input: { messages: "why is the sky blue?" } }],
    });
    expect(respond(422, detail).message).toBe("Ollama at http://127.0.0.1:11434 answered 422: field required");
    expect(respond(502, "<html>secret page</html>").message).toBe("Ollama at http://127.0.0.1:11434 answered 502");
    expect(respond(500, ollama("key hunter2-hunter2, asked why is the sky blue?")).message).toBe(
      "Ollama at http://127.0.0.1:11434 answered 500: key [key], asked [prompt]",
    );
    expect(respond(404, ollama("model 'm' not found")).message).toMatch(/Run `ollama pull m`\.$/);
  });

  test("errors inside a stream are classed by their words", () => {
    expect(classifyStreamError({ text: "an error was encountered while running the model: unexpected EOF" }, scope).kind).toBe(
      "server-error",
    );
    expect(classifyStreamError({ text: "server busy, please try again." }, scope).kind).toBe("rate-limited");
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  test.each<[Record<string, string>, number | undefined]>([
    [{ "retry-after": "5" }, 5_000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" }, 7_000],
    [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    [{ "retry-after-ms": "120", "retry-after": "5" }, 120],
    [{ "retry-after-ms": "", "retry-after": "2" }, 2_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1 s" }, undefined],
    [{}, undefined],
  ])("%j is %s ms", (headers, expected) => {
    expect(parseRetryAfter(new Headers(headers), now)).toBe(expected);
  });

  test("only a rate limit carries it", () => {
    expect(respond(429, "", { "retry-after": "3" })).toMatchObject({ kind: "rate-limited", retryAfterMs: 3_000 });
    expect(respond(500, "", { "retry-after": "3" }).retryAfterMs).toBeUndefined();
  });
});

const fetchFailed = (code: string): Error =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(`connect ${code}`), { code }) });

describe("what the network throws", () => {
  test.each<[string, FailureKind]>([
    ["ECONNREFUSED", "unreachable"],
    ["ECONNRESET", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["UND_ERR_SOCKET", "unreachable"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "unreachable"],
  ])("%s is %s", (code, kind) => {
    const failure = classifyThrown(fetchFailed(code), scope);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(code);
  });

  test("a connection lost in the middle of an answer is a truncated answer", () => {
    expect(classifyThrown(fetchFailed("UND_ERR_SOCKET"), scope, true).kind).toBe("truncated");
  });

  test("the causes of a dual-stack connect count", () => {
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    expect(classifyThrown(new TypeError("fetch failed", { cause: new AggregateError([refused]) }), scope).kind).toBe("unreachable");
  });

  test("anything else is the server's error, also an endless chain of causes", () => {
    const endless = new Error("round");
    endless.cause = endless;
    expect(classifyThrown(endless, scope).kind).toBe("server-error");
    expect(classifyThrown("just text", scope).kind).toBe("server-error");
    expect(classifyThrown(new TypeError("fetch failed", { cause: new Error("bad port") }), scope).message).toContain("bad port");
  });
});

test("no key gets through a message, wherever it stands", () => {
  const key = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/);
  fc.assert(
    fc.property(key, fc.string(), fc.string(), (secret, before, after) => {
      for (const shown of [`Bearer ${secret}`, `sk-${secret}`, `sk-proj-${secret}`, `//me:${secret}@host`]) {
        expect(scrub(`${before} ${shown} ${after.slice(0, 3)}`)).not.toContain(secret);
      }
      expect(scrub(`${before}${secret}${after}`, { secrets: [secret] })).not.toContain(secret);
    }),
  );
});

test("a message is bounded", () => {
  expect(scrub("a".repeat(10_000)).length).toBeLessThan(500);
});
