import * as fc from "fast-check";
import { expect, test } from "vitest";
import { breakerSchema, canonicalDefinition, describeDifferences, diffDefinitions, hasInlineSecret, modelSchema } from "../src/index.ts";

const model = (extra: object = {}) => modelSchema.parse({ provider: "openai", model: "m", ...extra });
const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true });

test("a default and the same value written out are one definition", () => {
  expect(canonicalDefinition(model({ maxQueueDepth: 10_000, classShare: { low: 75 } }))).toBe(canonicalDefinition(model()));
  expect(canonicalDefinition({ b: undefined, a: [1, { d: 1, c: null }] })).toBe('{"a":[1,{"c":null,"d":1}]}');
});

test("two definitions are equal exactly when nothing differs", () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(diffDefinitions(a, b).length === 0).toBe(canonicalDefinition(a) === canonicalDefinition(b));
      expect(diffDefinitions(a, JSON.parse(canonicalDefinition(a)))).toEqual([]);
    }),
  );
});

test("null is not unset", () => {
  expect(diffDefinitions({ a: null, b: undefined }, {})).toEqual([{ path: "a", a: "null", b: "unset" }]);
});

test("every difference is named with both values", () => {
  const differences = diffDefinitions(
    model({ concurrency: 4, classShare: { low: 50 }, options: { stop: ["a"], x: 1 } }),
    model({ concurrency: 8, rpm: 60, options: { stop: ["a", "b"] } }),
  );
  expect(differences).toEqual([
    { path: "classShare.low", a: "50", b: "75" },
    { path: "concurrency", a: "4", b: "8" },
    { path: "options.stop", a: '["a"]', b: '["a", "b"]' },
    { path: "options.x", a: "1", b: "unset" },
    { path: "rpm", a: "unset", b: "60" },
  ]);
  expect(describeDifferences(differences.slice(1, 2), { here: "in this process", there: "in Redis (held by worker w1)" })).toBe(
    "concurrency: 4 in this process, 8 in Redis (held by worker w1)",
  );
  expect(diffDefinitions(breakerSchema.parse({}), breakerSchema.parse({ failureThreshold: 6 }))).toEqual([
    { path: "failureThreshold", a: "5", b: "6" },
  ]);
});

test("a variable's name may be seen, a key written out never leaves", () => {
  const secrets = ["hunter2hunter2", "${KEY:-hunter2hunter2}", "sk-${KEY}", "Bearer hunter2hunter2"];
  for (const apiKey of secrets) {
    const inline = model({
      apiKey,
      options: { headers: { Authorization: apiKey, "x-api-key": apiKey }, list: [{ client_secret: apiKey }] },
    });
    expect(canonicalDefinition(inline)).not.toContain("hunter2");
    expect(canonicalDefinition(inline)).not.toContain("sk-");
    expect(JSON.stringify(diffDefinitions(inline, model({ apiKey: "${OTHER}" })))).not.toMatch(/hunter2|sk-/);
    expect(hasInlineSecret(inline)).toBe(true);
    expect(hasInlineSecret(JSON.parse(canonicalDefinition(inline)))).toBe(true);
  }
  const named = model({ apiKey: "${KEY}", options: { maxTokens: 3, headers: { Authorization: "Bearer ${KEY}" } } });
  expect(hasInlineSecret(named)).toBe(false);
  expect(canonicalDefinition(named)).toContain('"apiKey":"${KEY}"');
  expect(diffDefinitions(model({ apiKey: "${A}" }), model({ apiKey: "hunter2" }))).toEqual([{ path: "apiKey", a: "${A}", b: "(secret)" }]);
});
