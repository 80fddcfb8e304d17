import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Outcome, configSchema, errorCatalog, outcomeSchema, requestSchema } from "../src/index.ts";
import { publishedFiles } from "../scripts/published.ts";
import { validConfig } from "./arbitrary-config.ts";

const root = resolve(import.meta.dirname, "../../..");
const files = publishedFiles();

function validator(name: string) {
  return new Ajv2020({ validateFormats: false, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(resolve(root, "schemas", name), "utf8")) as object,
  );
}

test.each(Object.keys(files))("%s agrees with the code (else run: pnpm --filter @llm-router/contracts schemas)", (name) => {
  expect(readFileSync(resolve(root, name), "utf8")).toBe(files[name]);
});

test("the pages name every error code and every key of the configuration, each with a text", () => {
  for (const code of Object.keys(errorCatalog)) expect(files["docs/errors.md"]).toContain(`| \`${code}\` |`);
  for (const key of Object.keys(configSchema.shape)) expect(files["docs/configuration.md"]).toContain(key);
  expect(files["docs/configuration.md"]).not.toMatch(/\|\s*\|$/m);
});

test("the configuration's JSON Schema takes what the code takes", () => {
  const validate = validator("config.schema.json");
  const broken = fc
    .tuple(validConfig, fc.constantFrom("models", "routes", "breaker", "cache", "gateway", "extra"), fc.jsonValue())
    .map(([config, key, value]) => ({ ...config, [key]: value }));
  fc.assert(
    fc.property(fc.oneof(validConfig, broken), (input) => {
      expect(validate(input)).toBe(configSchema.safeParse(input).success);
    }),
    { numRuns: 200 },
  );
});

test("the request's JSON Schema takes what the code takes", () => {
  const validate = validator("request.schema.json");
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("", "a", 0, 1, 0.5, -1, [], ["a"], {}));
  const fields = Object.fromEntries(Object.keys(requestSchema.shape).map((key) => [key, junk]));
  const requests = fc.oneof(
    fc.record({ prompt: fc.constant("p"), ...fields, extra: junk }, { requiredKeys: [] }),
    fc.record({ prompt: fc.constant("p"), temperature: junk, stop: junk }),
    fc.record({ messages: fc.constant([{ role: "user", content: "a" }]), models: junk, responseFormat: junk }),
  );
  fc.assert(
    fc.property(requests, (input) => {
      expect(validate(input)).toBe(requestSchema.safeParse(input).success);
    }),
    { numRuns: 500 },
  );
});

test("outcomes of both kinds fit the schema, and others do not", () => {
  const validate = validator("outcome.schema.json");
  const attempts = [
    { model: "a", waitMs: 1, runMs: 2, outcome: "timeout", errorCode: "MODEL_TIMEOUT" as const, breaker: "closed" as const },
  ];
  const result = {
    id: "c.1",
    content: "hi",
    modelUsed: "a",
    success: true as const,
    latencyMs: 3,
    waitMs: 1,
    usage: { promptTokens: 1, completionTokens: 1, totalTokens: 2 },
    finishReason: "stop" as const,
    attempts,
    skipped: [],
    cached: false as const,
    coalesced: false,
  };
  const outcomes: Outcome[] = [
    { state: "completed", id: "c.1", result },
    {
      state: "failed",
      id: "c.1",
      error: { code: "ATTEMPTS_EXHAUSTED", message: "m" },
      attempts,
      skipped: [{ model: "b", reason: "no worker" }],
      latencyMs: 3,
    },
  ];
  for (const outcome of outcomes) {
    expect(outcomeSchema.parse(outcome)).toEqual(outcome);
    expect(validate(outcome)).toBe(true);
  }
  for (const outcome of [
    { ...outcomes[0], state: "failed" },
    { ...outcomes[1], state: "completed" },
    { ...outcomes[1], state: "lost" },
  ]) {
    expect(outcomeSchema.safeParse(outcome).success).toBe(false);
    expect(validate(outcome)).toBe(false);
  }
});
