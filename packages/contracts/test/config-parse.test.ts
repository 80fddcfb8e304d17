import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { breakerSchema, configSchema, modelSchema, parseConfig, parseConfigPart, parseConfigText } from "../src/index.ts";
import { validConfig } from "./arbitrary-config.ts";
import { catchError, errorOf } from "./catch-error.ts";

const file = "llm-router.yaml";

function problem(text: string): string {
  const error = catchError(() => parseConfigText(text, file));
  expect(error.code).toBe("CONFIG_INVALID");
  return error.message;
}

describe("valid configurations", () => {
  test("every valid configuration reads the same from YAML, from JSON and as an object", () => {
    fc.assert(
      fc.property(validConfig, (input) => {
        const parsed = configSchema.parse(input);
        // In quotes, since a bare << is a merge key and no option's name.
        expect(parseConfigText(stringify(input, { defaultKeyType: "QUOTE_DOUBLE" }), file)).toEqual(parsed);
        expect(parseConfigText(JSON.stringify(input, undefined, "\t"), "llm-router.json")).toEqual(parsed);
        expect(parseConfig(parsed)).toEqual(parsed);
      }),
      { numRuns: 150 },
    );
  });

  test("an empty file is an empty configuration", () => {
    expect(parseConfigText("# nothing yet\n")).toEqual(parseConfig({}));
  });

  test("variables stay names", () => {
    const { models } = parseConfigText(
      "models: { a: { provider: openai, model: m, apiKey: '${OPENAI_API_KEY}', baseUrl: '${URL:-http://h/v1}' } }",
    );
    expect(models["a"]).toMatchObject({ apiKey: "${OPENAI_API_KEY}", baseUrl: "${URL:-http://h/v1}" });
  });

  test("anchors and merge keys work", () => {
    const { models } = parseConfigText("models:\n  a: &a { provider: ollama, model: x, concurrency: 2 }\n  b:\n    <<: *a\n    model: y\n");
    expect(models["b"]).toMatchObject({ provider: "ollama", model: "y", concurrency: 2 });
  });

  test("<< in quotes is an option's name", () => {
    const { models } = parseConfigText("models: { a: { provider: ollama, model: x, options: { '<<': null } } }");
    expect(models["a"]?.options).toEqual({ "<<": null });
  });
});

describe("junk", () => {
  const fragment = fc.constantFrom(
    "models",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "a",
    "&a",
    "*a",
    "'",
    '"',
    "|",
    ">",
    "%",
    "@",
    "`",
    "!!x",
    "? ",
    "<<",
    "~",
    "\t",
    "#",
    "${X}",
    "__proto__",
    "---",
    "\u0000",
  );

  test("text never gives anything but a configuration or CONFIG_INVALID", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join("")),
        ),
        (text) => {
          expect(["CONFIG_INVALID", undefined]).toContain(errorOf(() => parseConfigText(text, file))?.code);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("values in the places of others are refused with a path, never a crash", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("models", "routes", "breaker", "cache"),
        fc.string({ minLength: 1 }),
        fc.anything(),
        (section, key, value) => {
          const error = errorOf(() => parseConfig({ [section]: { [key]: value } }));
          expect(["CONFIG_INVALID", undefined]).toContain(error?.code);
          expect(error?.message ?? section).toContain(section);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("what is wrong is said with its path, its line and the fix", () => {
  const models = "models:\n  gpu-fast: { provider: ollama, model: x }\n  cloud: { provider: openai, model: y }\n";

  test.each([
    [
      "a number out of range",
      "models:\n  gpu-fast:\n    provider: ollama\n    model: x\n    concurrency: 0\n",
      "models.gpu-fast.concurrency (line 5): is 0, but must be a whole number from 1 to 10000.",
    ],
    ["a wrong type", "breaker:\n  enabled: 1\n", "breaker.enabled (line 2): is 1, but must be true or false."],
    ["NaN", "cache: { ttlHours: .nan }", "cache.ttlHours (line 1): is NaN, but must be a number above 0."],
    ["a missing key", "models:\n  a:\n    provider: ollama\n", "models.a.model (line 2): is missing, and must be text."],
    [
      "an unknown key near a known one",
      "models:\n  a:\n    provider: ollama\n    model: x\n    concurency: 3\n",
      'models.a.concurency (line 5): is not a known key; did you mean "concurrency"?',
    ],
    [
      "an unknown key near nothing",
      "breaker: { banana: 1 }",
      "breaker.banana (line 1): is not a known key; known are enabled, failureThreshold, recoveryTimeoutMs, successThreshold, halfOpenProbes.",
    ],
    [
      "a model's name",
      "models: { 'qwen2.5:3b': { provider: ollama, model: x } }",
      'models["qwen2.5:3b"] (line 1): is not a model name ([a-z0-9][a-z0-9._-]{0,63}); try "qwen2.5-3b".',
    ],
    [
      "a choice",
      `${models}routes:\n  high: { targets: [cloud], strategy: orderd }\n`,
      'routes.high.strategy (line 5): is "orderd", but must be one of "ordered", "least-depth", "fastest" (did you mean "ordered"?).',
    ],
    [
      "too many attempts",
      `${models}routes: { low: { targets: [cloud], maxAttempts: 101 } }\n`,
      "routes.low.maxAttempts (line 4): is 101, but must be a whole number from 1 to 100.",
    ],
    [
      "no targets",
      `${models}routes: { low: { targets: [] } }\n`,
      "routes.low.targets (line 4): is an empty list, but must be a list of at least 1 entry.",
    ],
    [
      "an unknown model in a route",
      `${models}routes:\n  high:\n    targets:\n      - cloud\n      - gpu-fst\n`,
      'routes.high.targets[1] (line 8): names "gpu-fst", which is not under models; did you mean "gpu-fast"?',
    ],
    [
      "a model named twice",
      `${models}routes: { high: { targets: [cloud], fallback: [gpu-fast, cloud] } }`,
      'routes.high.fallback[1] (line 4): names "cloud" again (already targets[0]); name each model once.',
    ],
    [
      "a tpm below one answer",
      "models: { a: { provider: openai, model: x, tpm: 100 } }",
      "models.a.tpm (line 1): is 100, but an answer alone reserves 512 tokens, so no call could start; raise it, or lower defaultMaxTokens.",
    ],
    [
      "an address without a scheme",
      "models: { a: { provider: ollama, model: x, baseUrl: 'localhost:11434' } }",
      "models.a.baseUrl (line 1): must be an http or https address, such as http://127.0.0.1:11434.",
    ],
    ["not a mapping", "- models", "is a list, but must be an object."],
    [
      "a key given twice",
      "models:\n  a: { provider: ollama, model: x }\n  a: { provider: ollama, model: y }\n",
      'line 3, column 3: "a" is given twice in one mapping; keep one.',
    ],
    ["a tab", "models:\n\ta: x\n", "line 2, column 1: is indented with a tab; YAML wants spaces."],
    ["an open quote", "models:\n  a: 'x\n", "line 3, column 1: lacks a closing quote or bracket, a comma or a colon."],
    ["broken JSON", '{ "models": { "a": } ', "line 1, column 22: lacks a closing quote or bracket, a comma or a colon."],
    [
      "an option that refers to itself",
      "models:\n  a: { provider: ollama, model: x, options: &o { o: *o } }",
      "models.a.options.o (line 2): is nested deeper than 64 levels, or refers to itself.",
    ],
    [
      "an option that JSON cannot carry",
      "models: { a: { provider: ollama, model: x, options: { top_k: .inf } } }",
      "models.a.options.top_k (line 1): is Infinity, which JSON cannot carry.",
    ],
    [
      "aliases that multiply",
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]\n`,
      "its aliases (*name) or merge keys (<<) cannot be resolved; write the values out.",
    ],
    [
      "a merge key without a mapping",
      "models: { a: { provider: ollama, model: x, options: { <<: null } } }",
      "its aliases (*name) or merge keys (<<) cannot be resolved; write the values out.",
    ],
  ])("%s", (_, text, message) => {
    expect(problem(text)).toBe(`${file}: ${message}`);
  });

  test("what is wrong inside a choice of shapes is named, not the whole", () => {
    expect(problem("cache: { store: { type: qdrant, url: 'http://q:6333', timeout: 5 } }")).toContain(
      'cache.store.timeout (line 1): is not a known key; did you mean "timeoutMs"?',
    );
    expect(problem("cache: { store: redis }")).toContain('cache.store (line 1): is "redis", but must be "embedded" or an object.');
  });

  test("several problems stand on a line each", () => {
    expect(problem("breaker:\n  enabled: maybe\ncache:\n  ttl: 3\nlimts: {}\n").split("\n")).toEqual([
      `${file}: 3 problems:`,
      '  breaker.enabled (line 2): is "maybe", but must be true or false.',
      "  cache.ttl (line 4): is not a known key; known are enabled, ttlHours, maxEntries, semantic, similarityThreshold, candidateFloor, store, weights.",
      '  limts (line 5): is not a known key; did you mean "limits"?',
    ]);
  });

  test("a part given in code is named by where it would stand", () => {
    const error = catchError(() => parseConfigPart(modelSchema, { provider: "ollama", modle: "x" }, ["models", "local"]));
    expect(error.message).toBe(
      '2 problems:\n  models.local.model: is missing, and must be text.\n  models.local.modle: is not a known key; did you mean "model"?',
    );
    expect(parseConfigPart(breakerSchema, { failureThreshold: 2 }, ["breaker"])).toMatchObject({
      failureThreshold: 2,
      successThreshold: 3,
    });
  });
});

describe("secrets", () => {
  test.each([
    ["of a wrong type", "models: { a: { provider: openai, model: x, apiKey: [hunter2hunter2] } }"],
    ["a number", "models: { a: { provider: openai, model: x, apiKey: 4711471147114711 } }"],
    ["under a misspelt key", "models: { a: { provider: openai, model: x, apikey: hunter2hunter2 } }"],
    ["in an address", "models: { a: { provider: openai, model: x, baseUrl: 'http://me:hunter2hunter2@h' } }"],
    ["in an address with a variable", "models: { a: { provider: openai, model: x, baseUrl: 'http://me:hunter2hunter2@${HOST}' } }"],
    ["in a query", "models: { a: { provider: openai, model: x, baseUrl: 'http://h/?key=hunter2hunter2' } }"],
    ["that looks like one, elsewhere", "breaker: { enabled: sk-hunter2hunter2 }"],
    ["in a broken file", "models:\n  a:\n    apiKey: hunter2hunter2\n   model: hunter2hunter2\n  ]"],
    ["in a stray quote", "models: {}\nx: 'a' hunter2hunter2\n"],
    ["behind a colon", "apiKey: hunter2hunter2: x"],
  ])("a secret %s is not shown", (_, text) => {
    expect(problem(text)).not.toMatch(/hunter2|4711/);
  });
});
