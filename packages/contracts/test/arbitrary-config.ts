import * as fc from "fast-check";
import { type ConfigInput, type ModelInput, type RouteInput, baseUrlProblem, modelNamePattern } from "../src/index.ts";

const name = fc.stringMatching(modelNamePattern);
const count = fc.integer({ min: 1, max: 1_000_000 });
const text = fc.string({ minLength: 1, unit: "grapheme" });

const model: fc.Arbitrary<ModelInput> = fc.record(
  {
    provider: text,
    model: text,
    baseUrl: fc.webUrl({ validSchemes: ["http", "https"] }).filter((url) => baseUrlProblem(url) === undefined),
    apiKey: fc.constantFrom("${OPENAI_API_KEY}", "${KEY:-none}"),
    maxQueueDepth: count,
    classShare: fc.record({ critical: fc.integer({ min: 1, max: 100 }), low: fc.integer({ min: 1, max: 100 }) }, { requiredKeys: [] }),
    concurrency: fc.integer({ min: 1, max: 10_000 }),
    rpm: count,
    tpm: fc.integer({ min: 100_000, max: 1_000_000 }),
    defaultTemperature: fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10),
    defaultMaxTokens: fc.integer({ min: 1, max: 100_000 }),
    keepAlive: fc.oneof(fc.constant("10m"), fc.integer()),
    options: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
  },
  { requiredKeys: ["provider", "model"] },
);

const cache = fc.record(
  {
    enabled: fc.boolean(),
    ttlHours: fc.integer({ min: 1, max: 1_000 }),
    maxEntries: count,
    semantic: fc.boolean(),
    similarityThreshold: fc.constantFrom(0, 0.92, 1),
    store: fc.constantFrom("embedded" as const, { type: "qdrant" as const, url: "http://127.0.0.1:6333", apiKey: "${QDRANT_API_KEY}" }),
  },
  { requiredKeys: [] },
);

const apiKey = fc.record(
  {
    hash: fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
    tenant: fc.string({ minLength: 1, maxLength: 128 }),
    classes: fc.array(fc.constantFrom("critical" as const, "low" as const), { minLength: 1 }),
    models: fc.array(name, { minLength: 1 }),
    rpm: count,
    admin: fc.boolean(),
  },
  { requiredKeys: ["hash", "tenant"] },
);

const details = fc.record(
  {
    strategy: fc.constantFrom("ordered" as const, "least-depth" as const, "fastest" as const),
    whenUnavailable: fc.constantFrom("hold" as const, "fail" as const),
    maxAttempts: fc.integer({ min: 1, max: 100 }),
    maxWaitMs: count,
    displace: fc.constantFrom("move" as const, "fail" as const, "off" as const),
  },
  { requiredKeys: [] },
);

function route(names: string[]): fc.Arbitrary<RouteInput> {
  return fc.tuple(fc.shuffledSubarray(names, { minLength: 1 }), fc.nat(), details).map(([order, cut, rest]) => {
    const targets = 1 + (cut % order.length);
    return { ...rest, targets: order.slice(0, targets), fallback: order.slice(targets) };
  });
}

/** Configurations as a user may write them: any subset of keys, routes over the models that there are. */
export const validConfig: fc.Arbitrary<ConfigInput> = fc
  .dictionary(name, model, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
  .chain((models) => {
    const any = route(Object.keys(models));
    return fc.record(
      {
        models: fc.constant(models),
        routes: fc.record({ critical: any, high: any, normal: any, low: any }, { requiredKeys: [] }),
        breaker: fc.record({ enabled: fc.boolean(), failureThreshold: count, recoveryTimeoutMs: count }, { requiredKeys: [] }),
        cache,
        retention: fc.record({ resultTtlMs: count }, { requiredKeys: [] }),
        limits: fc.record({ maxPromptBytes: count }, { requiredKeys: [] }),
        gateway: fc.record(
          {
            keys: fc.dictionary(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), apiKey, { maxKeys: 2, noNullPrototype: true }),
            board: fc.record({ showPrompts: fc.boolean() }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ["models"] },
    );
  });
