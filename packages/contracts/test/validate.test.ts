import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Request, parseRequest } from "../src/index.ts";
import { catchError, errorOf } from "./catch-error.ts";

const user = (content: unknown) => ({ role: "user", content });

test("a whole request comes back as it was given", () => {
  const request: Request = {
    messages: [
      { role: "system", content: "s" },
      {
        role: "user",
        content: [
          { type: "text", text: "hi" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        ],
      },
    ],
    models: ["a", "b"],
    priority: "High",
    temperature: 0,
    topP: 1,
    maxTokens: 5,
    stop: ["x"],
    seed: -1,
    toolChoice: "auto",
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    responseFormat: { type: "json_object" },
    providerOptions: { top_k: 3 },
    stream: true,
    tenant: "t",
    idempotencyKey: "k",
    timeoutMs: 1000,
    cache: "refresh",
    onDisconnect: "continue",
    onBrokenStream: "restart",
    metadata: { a: [null, { b: true }] },
  };
  expect(parseRequest(request)).toEqual(request);
});

describe("a bad request gets one sentence that names the field", () => {
  test.each<[string, unknown, string]>([
    ["an empty prompt", { prompt: "" }, "prompt: is empty."],
    ["a blank prompt", { prompt: " \n" }, "prompt: is empty."],
    ["no prompt", {}, "prompt: give either prompt or messages."],
    ["prompt and messages", { prompt: "a", messages: [user("a")] }, "prompt: give either prompt or messages."],
    ["model and models", { prompt: "a", model: "a", models: ["b"] }, "models: give either model or models."],
    ["no messages", { messages: [] }, "messages: is empty."],
    ["empty messages", { messages: [user(""), user([{ type: "text", text: " " }])] }, "messages: every message is empty."],
    ["a NaN temperature", { prompt: "a", temperature: Number.NaN }, "temperature: is NaN, but must be a number from 0 to 2."],
    ["a hot temperature", { prompt: "a", temperature: 3 }, "temperature: is 3, but must be a number from 0 to 2."],
    ["a temperature in words", { prompt: "a", temperature: "0.1" }, 'temperature: is "0.1", but must be a number from 0 to 2.'],
    ["half a token", { prompt: "a", maxTokens: 1.5 }, "maxTokens: is 1.5, but must be a whole number of at least 1."],
    ["OpenAI's spelling", { prompt: "a", max_tokens: 3 }, 'max_tokens: is not a known key; did you mean "maxTokens"?'],
    [
      "an unknown priority",
      { prompt: "a", priority: "urgent" },
      'priority: "urgent" is neither critical, high, normal, low nor an integer from 1 to 3999.',
    ],
    ["priority 0", { prompt: "a", priority: 0 }, "priority: 0 is neither critical, high, normal, low nor an integer from 1 to 3999."],
    ["a priority of another type", { prompt: "a", priority: true }, "priority: is true, but must be text or a number."],
    [
      "a provider's model name",
      { prompt: "a", model: "qwen2.5:3b" },
      'model: is not a model name ([a-z0-9][a-z0-9._-]{0,63}); try "qwen2.5-3b".',
    ],
    [
      "an unknown cache mode",
      { prompt: "a", cache: "onyl" },
      'cache: is "onyl", but must be one of "use", "bypass", "refresh", "only" (did you mean "only"?).',
    ],
    [
      "a role",
      { messages: [{ role: "usr", content: "a" }] },
      'messages[0].role: is "usr", but must be one of "system", "developer", "user", "assistant", "tool" (did you mean "user"?).',
    ],
    [
      "a part of a message",
      { messages: [user([{ type: "image" }])] },
      'messages[0].content[0].type: is "image", but must be one of "text", "image_url".',
    ],
    [
      "a format without its schema",
      { prompt: "a", responseFormat: { type: "json_schema" } },
      "responseFormat.json_schema: is missing, and must be an object.",
    ],
    ["a stop of another type", { prompt: "a", stop: 3 }, "stop: is 3, but must be text or a list of at most 16 entries."],
    ["a budget of 0", { prompt: "a", timeoutMs: 0 }, "timeoutMs: is 0, but must be a whole number from 1 to 2592000000."],
    ["text", "hello", 'The request is "hello", but must be an object.'],
    ["nothing", undefined, "The request is missing, and must be an object."],
    ["null", null, "The request is null, but must be an object."],
    ["a bigint in metadata", { prompt: "a", metadata: { n: 1n } }, "metadata.n: is a bigint, which JSON cannot carry."],
    [
      "Infinity in providerOptions",
      { prompt: "a", providerOptions: { top_k: [1, Infinity] } },
      "providerOptions.top_k[1]: is Infinity, which JSON cannot carry.",
    ],
  ])("%s", (_, input, message) => {
    const error = catchError(() => parseRequest(input));
    expect(error.code).toBe("INVALID_REQUEST");
    expect(error.message).toBe(message);
  });

  test("a request that refers to itself", () => {
    const metadata: Record<string, unknown> = {};
    metadata["self"] = metadata;
    expect(catchError(() => parseRequest({ prompt: "a", metadata })).message).toMatch(/^metadata\.self\.self.* or refers to itself\.$/);
  });
});

describe("size", () => {
  test("a 10 MB prompt is refused as too large, whatever else is wrong", () => {
    const error = catchError(() => parseRequest({ prompt: "x".repeat(10_000_000), nonsense: 1 }));
    expect(error.code).toBe("PROMPT_TOO_LARGE");
    expect(error.message).toBe("The request is larger than 4194304 bytes of JSON.");
  });

  test("the bound is the size of the JSON in bytes, exactly", () => {
    const requests = fc.record({
      prompt: fc.string({ minLength: 1, unit: "binary", maxLength: 200 }).filter((text) => /\S/.test(text)),
      metadata: fc.dictionary(
        fc.string().filter((name) => name !== "__proto__"),
        fc.jsonValue({ maxDepth: 2 }).filter((inner) => !JSON.stringify(inner).includes("__proto__")),
        { noNullPrototype: true },
      ),
    });
    fc.assert(
      fc.property(requests, fc.integer({ min: -3, max: 3 }), (request, offset) => {
        const bytes = Buffer.byteLength(JSON.stringify(request));
        const error = errorOf(() => parseRequest(request, { maxPromptBytes: bytes + offset }));
        expect(error?.code).toBe(offset < 0 ? "PROMPT_TOO_LARGE" : undefined);
      }),
      { numRuns: 300 },
    );
  });
});

test("anything at all gives a request or a RouterError of the two codes", () => {
  const keys = fc.constantFrom("prompt", "messages", "temperature", "tools", "stop", "responseFormat", "metadata", "images", "nonsense");
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.dictionary(keys, fc.anything())), (input) => {
      const error = errorOf(() => parseRequest(input));
      expect([undefined, "INVALID_REQUEST", "PROMPT_TOO_LARGE"]).toContain(error?.code);
      expect(error?.message ?? "").not.toContain("\n");
    }),
    { numRuns: 500 },
  );
});
