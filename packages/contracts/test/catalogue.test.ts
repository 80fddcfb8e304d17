import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ErrorCode,
  RouterError,
  errorCatalog,
  estimateTokens,
  failureTable,
  nearest,
  priorityBands,
  priorityClasses,
  resolvePriority,
  suggestModelName,
  modelNamePattern,
} from "../src/index.ts";
import { editDistance } from "../src/nearest.ts";
import { catchError } from "./catch-error.ts";

describe("error catalogue", () => {
  test.each(Object.keys(errorCatalog) as ErrorCode[])("%s has an HTTP status and a fix", (code) => {
    const { status, retryable, fix } = new RouterError(code, "what happened");
    expect(code).toMatch(/^[A-Z][A-Z_]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(typeof retryable).toBe("boolean");
    expect(fix).toMatch(/^[A-Z`].{15,}\.$/);
  });

  test("every way in which a call fails has a code", () => {
    for (const { code } of Object.values(failureTable)) expect(errorCatalog).toHaveProperty(code);
  });

  test("an error is told by its name, so that two copies of the package agree", () => {
    expect(RouterError.is(Object.assign(new Error("x"), { name: "RouterError" }))).toBe(true);
    expect(RouterError.is(new Error("x"))).toBe(false);
    expect(new RouterError("QUEUE_FULL", "m", { retryAfterMs: 5 }).toJSON()).toMatchObject({
      code: "QUEUE_FULL",
      retryAfterMs: 5,
      retryable: true,
    });
  });
});

describe("priorities", () => {
  const anyCase = fc
    .constantFrom(...priorityClasses)
    .chain((name) => fc.tuple(fc.constant(name), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })));

  test("a class's name in any case is the middle of its band", () => {
    fc.assert(
      fc.property(anyCase, ([name, upper]) => {
        const written = name.replace(/./g, (letter, index: number) => (upper[index] ? letter : letter.toLowerCase()));
        expect(resolvePriority(written)).toEqual({
          class: name,
          rank: priorityClasses.indexOf(name),
          priority: priorityBands[name].middle,
        });
      }),
    );
    expect(resolvePriority()).toEqual(resolvePriority("normal"));
  });

  test("every integer from 1 to 3999 is in exactly one band, whose class it gets; a lower one never gets a lesser class", () => {
    for (let number = 1; number <= 3999; number++) {
      const bands = priorityClasses.filter((name) => priorityBands[name].min <= number && number <= priorityBands[name].max);
      const resolved = resolvePriority(number);
      expect(bands).toEqual([resolved.class]);
      expect(resolved.priority).toBe(number);
      expect(resolved.rank).toBeGreaterThanOrEqual(resolvePriority(Math.max(1, number - 1)).rank);
    }
  });

  test("everything else is refused", () => {
    const wrong = fc.oneof(
      fc.integer({ max: 0 }),
      fc.integer({ min: 4000 }),
      fc.double().filter((number) => !Number.isInteger(number)),
      fc.string().filter((word) => !/^(critical|high|normal|low)$/i.test(word)),
    );
    fc.assert(
      fc.property(wrong, (input) => {
        expect(catchError(() => resolvePriority(input)).code).toBe("INVALID_REQUEST");
      }),
    );
  });
});

describe("suggestions", () => {
  test("any name gives a valid model name", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(suggestModelName(name)).toMatch(modelNamePattern);
      }),
    );
    expect(suggestModelName("qwen2.5:3b")).toBe("qwen2.5-3b");
  });

  test("the nearest of some words, or none when all are far", () => {
    expect(nearest("max_tokens", ["maxTokens", "tokens"])).toBe("maxTokens");
    expect(nearest("temprature", ["topP", "temperature"])).toBe("temperature");
    expect(nearest("banana", ["topP", "temperature"])).toBeUndefined();
  });

  test("the edit distance is a metric", () => {
    const word = fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
    expect(editDistance("ab", "ba")).toBe(1);
  });
});

describe("token estimate", () => {
  test("four characters of English are a token, and longer text is never fewer", () => {
    expect(estimateTokens({ prompt: "x".repeat(400) })).toBe(104);
    expect(estimateTokens({ messages: [{ role: "user", content: "x".repeat(400) }] })).toBe(104);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (a, b) => {
        expect(estimateTokens({ prompt: a + b })).toBeGreaterThanOrEqual(estimateTokens({ prompt: a }));
      }),
    );
  });

  test("system, tools, images and formats count", () => {
    const base = { prompt: "x" };
    const image = { messages: [{ role: "user" as const, content: [{ type: "image_url" as const, image_url: { url: "data:," } }] }] };
    for (const more of [
      { system: "s" },
      { tools: [{ type: "function" as const, function: { name: "f" } }] },
      { images: ["AAAA"] },
      { responseFormat: { type: "json_object" as const } },
    ])
      expect(estimateTokens({ ...base, ...more })).toBeGreaterThan(estimateTokens(base));
    expect(estimateTokens(image)).toBeGreaterThanOrEqual(800);
  });
});
