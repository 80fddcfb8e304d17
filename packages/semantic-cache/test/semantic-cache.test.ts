import { expect, test } from "vitest";
import type { SemanticEntry, SemanticLookup } from "@llm-router/contracts";
import { createSemanticCache, openEngine, type SemanticCacheOptions, type VectorStore } from "../src/index.ts";
import { createMemoryStore } from "./lib/memory-store.ts";

const question: SemanticLookup = {
  prompt: "Tell me about the Python programming language",
  partition: "p",
  models: ["gpu", "cpu"],
  timeoutMs: 20_000,
};
const entry: SemanticEntry = {
  prompt: "What is Python?",
  partition: "p",
  model: "gpu",
  entry: "key:gpu",
  expiresAt: Date.now() + 3_600_000,
};

/** A cache with the real models, and a store of this process. */
async function start(options: Partial<SemanticCacheOptions> = {}, changes: Partial<VectorStore> = {}) {
  const store = { ...createMemoryStore(), ...changes };
  const warnings: string[] = [];
  const cache = await createSemanticCache({
    openStore: () => store,
    log: { warn: (_details, message) => warnings.push(message) },
    ...options,
  });
  return { cache, store, warnings, [Symbol.asyncDispose]: () => cache.close() };
}

const silent = () => new Promise<never>(() => {});
const fails = () => Promise.reject(new Error("it is down"));

// The threads are started once for all tests of this file.
// oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
const cacheTest = test.extend("engine", { scope: "file", auto: true }, async ({}, { onCleanup }) => {
  const engine = await openEngine();
  onCleanup(() => engine.close());
  return engine;
});

cacheTest("a question in other words is answered, others are not", async () => {
  await using running = await start();
  const { cache } = running;
  cache.store(entry);
  await cache.flushed();
  const hit = await cache.lookup(question);
  expect(hit).toEqual({
    kind: "hit",
    entry: "key:gpu",
    model: "gpu",
    prompt: "What is Python?",
    similarity: expect.any(Number),
    verifierScore: expect.any(Number),
  });
  expect(hit.kind === "hit" && hit.similarity).toBeCloseTo(0.846, 2);
  const ask = (changes: Partial<SemanticLookup>) => cache.lookup({ ...question, ...changes });
  expect(await ask({ prompt: "How do I sort a list in Python?" })).toEqual({ kind: "miss", reason: "no-candidate" });
  expect(await ask({ prompt: "What is Jython?" })).toMatchObject({ kind: "miss" });
  expect(await ask({ partition: "another tenant" })).toEqual({ kind: "miss", reason: "no-candidate" });
  expect(await ask({ models: ["cpu"] })).toEqual({ kind: "miss", reason: "no-candidate" });
  expect(await cache.status()).toEqual({
    state: "on",
    hits: 1,
    misses: expect.objectContaining({ "no-candidate": expect.any(Number) }),
    rejections: expect.any(Object),
    verifierScore: expect.objectContaining({ count: 1 }),
    lookupMs: expect.objectContaining({ count: 5 }),
    stored: 1,
    storeFailures: 0,
    store: { ok: true, entries: 1 },
  });
});

cacheTest("what is refused is counted, and says by what", async () => {
  await using running = await start();
  const { cache } = running;
  cache.store({ ...entry, prompt: "How do I enable two-factor authentication?" });
  await cache.flushed();
  const asked = await cache.lookup({ ...question, prompt: "How do I disable two-factor authentication?" });
  const { rejections } = await cache.status();
  expect(Object.values(rejections)).toEqual([1]);
  // The miss says who refused, in the words of the counters.
  expect(asked).toEqual({ kind: "miss", reason: "rejected", by: `guard:${Object.keys(rejections)[0]}` });
});

cacheTest("a question that is asked again takes the place of its point", async () => {
  await using running = await start();
  const { cache, store } = running;
  cache.store(entry);
  cache.store({ ...entry, expiresAt: entry.expiresAt + 1 });
  cache.store({ ...entry, model: "cpu" });
  await cache.flushed();
  expect([...store.points.values()].map(({ model, expiresAt }) => [model, expiresAt - entry.expiresAt])).toEqual([
    ["gpu", 1],
    ["cpu", 0],
  ]);
  expect([...store.points.keys()][0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

cacheTest("what is longer than the embedder reads is neither looked for nor stored", async () => {
  await using running = await start();
  const { cache, store } = running;
  const tooLong = ["a ".repeat(255), "word ".repeat(10_000), "각 ".repeat(120)].map((prompt) => prompt.trim());
  for (const prompt of tooLong) {
    expect(await cache.lookup({ ...question, prompt })).toEqual({ kind: "miss", reason: "too-long" });
    cache.store({ ...entry, prompt });
  }
  cache.store({ ...entry, prompt: "a ".repeat(254).trim() });
  await cache.flushed();
  expect(store.points.size).toBe(1);
});

cacheTest("a store that is silent, fails, or answers too late is a miss, and is told once", async () => {
  let query: VectorStore["query"] = silent;
  await using running = await start({}, { query: (asked) => query(asked), upsert: fails });
  const { cache, warnings } = running;
  expect(await cache.lookup({ ...question, timeoutMs: 300 })).toEqual({ kind: "miss", reason: "timeout" });
  expect(warnings).toEqual([]);
  query = fails;
  for (let time = 0; time < 3; time++) expect(await cache.lookup(question)).toEqual({ kind: "miss", reason: "store" });
  cache.store(entry);
  await cache.flushed();
  expect(warnings).toHaveLength(1);
  expect(await cache.status()).toMatchObject({ misses: { timeout: 1, store: 3 }, stored: 0, storeFailures: 1 });
});

cacheTest("a lookup in the queue of busy threads ends in time, unheard, and later ones are answered", async ({ engine }) => {
  await using running = await start();
  const { cache } = running;
  cache.store(entry);
  await cache.flushed();
  const busy = engine.embedder.embed(Array.from({ length: 60 }, (_, index) => `a long list of questions, ${index}`));
  expect(await cache.lookup({ ...question, timeoutMs: 1 })).toEqual({ kind: "miss", reason: "timeout" });
  await busy;
  expect(await cache.lookup(question)).toMatchObject({ kind: "hit" });
});

cacheTest("of very many lookups at once some are misses without waiting, and later ones are answered", async () => {
  await using running = await start();
  const { cache } = running;
  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => cache.lookup({ ...question, prompt: `question ${index}` })));
  const reasons = answers.map((answer) => (answer.kind === "miss" ? answer.reason : "hit"));
  expect(reasons.filter((reason) => reason === "busy")).toHaveLength(10);
  expect(await cache.lookup(question)).toEqual({ kind: "miss", reason: "no-candidate" });
});

cacheTest("an engine that fails is a miss", async () => {
  const embedder = { dimensions: 3, version: "e", maxTokens: 256, embed: fails, tokenCount: () => 1, close: async () => {} };
  const verifier = { version: "v", score: fails, close: async () => {} };
  await using running = await start({ engine: { embedder, verifier } });
  expect(await running.cache.lookup(question)).toEqual({ kind: "miss", reason: "engine" });
});

cacheTest.for<[string, Partial<SemanticCacheOptions>, string, number]>([
  ["without weights", { weights: "/nowhere" }, "there are no weights in /nowhere/all-MiniLM-L6-v2", 1],
  [
    "without its store",
    { openStore: () => Promise.reject(new Error("a collection of another shape")) },
    "a collection of another shape",
    1,
  ],
  ["with a threshold of 1", { similarityThreshold: 1 }, "`similarityThreshold` is 1", 0],
])("%s only equal questions are answered, which status and log say", async ([, options, detail, told]) => {
  await using running = await start(options);
  const { cache, warnings } = running;
  cache.store(entry);
  await cache.flushed();
  expect(await cache.lookup(question)).toEqual({ kind: "miss", reason: "off" });
  expect(await cache.lookup(question)).toEqual({ kind: "miss", reason: "off" });
  expect(await cache.status()).toMatchObject({ state: "exact-only", detail, misses: { off: 2 } });
  expect(warnings).toHaveLength(told);
});

cacheTest("after its close everything is a miss", async () => {
  const { cache } = await start();
  cache.store(entry);
  await Promise.all([cache.close(), cache.close()]);
  cache.store(entry);
  expect(await cache.lookup(question)).toEqual({ kind: "miss", reason: "off" });
  expect(await cache.status()).toMatchObject({ state: "off", detail: "it was closed", storeFailures: 1 });
});
