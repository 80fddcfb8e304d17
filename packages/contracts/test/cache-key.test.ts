import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Request, cacheKey, fingerprint, normalisePrompt, parseRequest } from "../src/index.ts";

const text = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const fieldName = fc.string().filter((name) => name !== "__proto__");
// `__proto__` is refused as a field's name.
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes("__proto__"));
const png = Buffer.from("89504e470d0a1a0a", "hex").toString("base64");

/** Every field that is in the fingerprint, with values that differ from each other. */
const varied: { [field in keyof Request]?: fc.Arbitrary<unknown> } = {
  tenant: text,
  system: text,
  tools: fc.array(
    fc.record({
      type: fc.constant("function"),
      function: fc.record({ name: text, parameters: fc.dictionary(fieldName, json, { noNullPrototype: true }) }),
    }),
    { maxLength: 2 },
  ),
  toolChoice: fc.constantFrom("auto", "none", "required", { type: "function", function: { name: "f" } }),
  responseFormat: fc.constantFrom(
    { type: "text" },
    { type: "json_object" },
    { type: "json_schema", json_schema: { name: "a" } },
    { type: "json_schema", json_schema: { name: "b" } },
  ),
  images: fc.array(
    fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    { minLength: 1, maxLength: 2 },
  ),
  stop: fc.oneof(text, fc.array(text, { maxLength: 2 })),
  temperature: fc.constantFrom(0, 0.1, 0.3),
  topP: fc.constantFrom(0, 0.5, 1),
  seed: fc.integer(),
  maxTokens: fc.integer({ min: 1 }),
  providerOptions: fc.dictionary(fieldName, json, { noNullPrototype: true }),
};
const fields = Object.keys(varied) as (keyof Request)[];
const request = fc.record({ prompt: fc.constant("p"), ...varied }, { requiredKeys: ["prompt"] }) as fc.Arbitrary<Request>;

const user = (content: string) => ({ role: "user" as const, content });
const assistant = (content: string) => ({ role: "assistant" as const, content });
const parts = (...texts: string[]): Request => ({
  messages: [{ role: "user", content: texts.map((each) => ({ type: "text", text: each })) }],
});
const withImage = (url: string): Request => ({
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "q" },
        { type: "image_url", image_url: { url } },
      ],
    },
  ],
});

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

describe("what is in the key", () => {
  test.each(fields)("another %s, or none, gives another key", (field) => {
    const value = varied[field] ?? fc.constant(undefined);
    fc.assert(
      fc.property(request, value, value, (base, first, second) => {
        const { [field]: _unset, ...without } = base;
        const keys = [without, { ...without, [field]: first }, { ...without, [field]: second }].map((each) => cacheKey(each as Request));
        expect(keys[0]).not.toBe(keys[1]);
        expect(keys[1] === keys[2]).toBe(isDeepStrictEqual(first, second));
      }),
      { numRuns: 60 },
    );
  });

  test("the order of keys is not", () => {
    fc.assert(
      fc.property(request, (base) => {
        expect(cacheKey(shuffled(base) as Request)).toBe(cacheKey(base));
      }),
    );
  });

  test("the model, the class, the budget and the rest are not", () => {
    const base: Request = { prompt: "p", temperature: 0 };
    const others: Request = {
      ...base,
      model: "a",
      priority: "high",
      stream: true,
      idempotencyKey: "k",
      timeoutMs: 5,
      cache: "refresh",
      onDisconnect: "cancel",
      onBrokenStream: "error",
      metadata: { a: 1 },
    };
    expect(cacheKey(others)).toBe(cacheKey(base));
    expect(cacheKey({ ...base, models: ["a", "b"] })).toBe(cacheKey(base));
    expect(cacheKey({ ...base, seed: undefined })).toBe(cacheKey(base));
  });

  test("an empty value is not an unset one", () => {
    const base: Request = { prompt: "p" };
    const keys = [
      base,
      { ...base, system: "" },
      { ...base, tools: [] },
      { ...base, stop: [] },
      { ...base, stop: "" },
      { ...base, providerOptions: {} },
      { ...base, images: [] },
    ];
    expect(new Set(keys.map((each) => cacheKey(each))).size).toBe(keys.length);
  });

  test("the tenant that the caller's key stands for wins over the one it names", () => {
    const base: Request = { prompt: "p", tenant: "mine" };
    expect(cacheKey(base, { tenant: "yours" })).toBe(cacheKey({ prompt: "p" }, { tenant: "yours" }));
    expect(cacheKey(base, { tenant: "yours" })).not.toBe(cacheKey(base));
  });

  test("a model's default temperature is, and is not the same as one that was sent", () => {
    const keys = [
      cacheKey({ prompt: "p" }),
      cacheKey({ prompt: "p" }, { temperature: 0.2 }),
      cacheKey({ prompt: "p" }, { temperature: 0.1 }),
      cacheKey({ prompt: "p", temperature: 0.2 }),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(cacheKey({ prompt: "p", temperature: 0.2 }, { temperature: 0.1 })).toBe(keys[3]);
  });
});

describe("messages", () => {
  test("the last user message is the question: the same as a plain prompt", () => {
    expect(cacheKey({ messages: [user(" p ")] })).toBe(cacheKey({ prompt: "p" }));
    expect(cacheKey({ messages: [{ role: "user", content: [{ type: "text", text: "p" }] }] })).toBe(cacheKey({ prompt: "p" }));
  });

  test("what comes before it, and after it, tells requests apart", () => {
    const histories = [
      [user("q")],
      [user("a"), user("q")],
      [assistant("a"), user("q")],
      [user("a "), user("q")],
      [{ role: "system" as const, content: "a" }, user("q")],
      [user("q"), assistant("a")],
      [user("q"), assistant("b")],
      [{ ...user("q"), name: "n" }],
      [assistant("q")],
    ];
    const keys = histories.map((messages) => cacheKey({ messages }));
    expect(new Set(keys).size).toBe(keys.length);
    const prints = [fingerprint({ messages: [user("a"), user("q")] }), fingerprint({ messages: [user("a"), user("r")] })];
    expect(prints[0]).toBe(prints[1]);
  });

  test("texts that join alike are told apart", () => {
    const keys = [parts("ab"), parts("a", "b"), parts("a ", "b"), parts("a", " b"), parts("", "ab")].map((each) => cacheKey(each));
    expect(new Set(keys).size).toBe(5);
    expect(cacheKey(parts(" a ", " b "))).toBe(cacheKey(parts("a ", " b")));
  });

  test("images count by their bytes, whichever way they were written", () => {
    expect(cacheKey(withImage(`data:image/png;base64,${png}`))).toBe(cacheKey(withImage(png)));
    const keys = [png, "AAAA", "https://h/a.png", "https://h/b.png", "not base64!", "data:text/plain,hi"].map((url) =>
      cacheKey(withImage(url)),
    );
    expect(new Set(keys).size).toBe(6);
    expect(cacheKey({ prompt: "q", images: [`data:image/png;base64,${png}`] })).toBe(cacheKey({ prompt: "q", images: [png] }));
  });
});

describe("the prompt", () => {
  test("white space is trimmed at the ends only", () => {
    const white = fc.stringMatching(/^[ \t\n]{0,4}$/);
    fc.assert(
      fc.property(white, text, white, text, white, (before, first, between, second, after) => {
        const inner = normalisePrompt(`${first}${between}${second}`);
        expect(cacheKey({ prompt: `${before}${first}${between}${second}${after}` })).toBe(cacheKey({ prompt: inner }));
      }),
    );
    const keys = ["a b", "a  b", "a\nb", "a\tb", "ab", "A b", "a b?"].map((prompt) => cacheKey({ prompt }));
    expect(new Set(keys).size).toBe(7);
  });

  test("CRLF is LF, and characters are composed; nothing else is touched", () => {
    expect(normalisePrompt(" a\r\nb\rc e\u0301 ﬁ ")).toBe("a\nb\rc é ﬁ");
    expect(cacheKey({ prompt: "e\u0301\r\nx" })).toBe(cacheKey({ prompt: "é\nx" }));
  });
});

test("a checked request has the key of the one that was sent", () => {
  fc.assert(
    fc.property(request, (base) => {
      expect(cacheKey(parseRequest(base))).toBe(cacheKey(base));
    }),
  );
});

test("the key is a SHA-256 in hex that does not change by itself: raise the version in cache-key.ts when it must", () => {
  expect(cacheKey({ prompt: "What is Python?", temperature: 0.1 }, { tenant: "t" })).toBe(
    "407fa156799b4c1e5d91f3a389d63775a05712804fdecf0bc96ca00ea8b48a55",
  );
});
