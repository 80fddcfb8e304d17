import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { SemanticCachePort, StoredVector } from "@llm-router/contracts";
import { createSemanticCache, createVectorStore, type Embedder, type PairVerifier } from "@llm-router/semantic-cache";
import { ownCpuUs } from "./cpu.ts";
import { memoryLog } from "./cache-memory-log.ts";
import { multiply } from "./cache-questions.ts";

const fingerprint = "bench";
const version = "bench";

/** Vectors and scores that are there at once: what is left of a lookup is the decision beyond embedding and verifying. */
function instantEngine(known: ReadonlyMap<string, Float32Array>): { embedder: Embedder; verifier: PairVerifier } {
  const embedder: Embedder = {
    dimensions: 384,
    version,
    maxTokens: 256,
    embed: async (texts) => texts.map((text) => known.get(text) ?? new Float32Array(384)),
    tokenCount: () => 10,
    close: async () => {},
  };
  return { embedder, verifier: { version, score: async (pairs) => pairs.map(() => -5), close: async () => {} } };
}

export interface Measured {
  times: number[];
  cpuMs: number;
}

export interface Lookups extends AsyncDisposable {
  /** Time of each lookup, and CPU time of one, ms. */
  measure(count: number): Promise<Measured>;
  /** From an empty memory to the first answer, ms. */
  firstMs: number;
}

/** A semantic cache with `entries` questions in one partition. Those asked are near to some of them, and are not among them. */
export async function openLookups(prompts: readonly string[], vectors: readonly Float32Array[], entries: number): Promise<Lookups> {
  const partition = createHash("sha256").update(`${fingerprint}\n${version}`).digest("hex");
  const expiresAt = Date.now() + 3_600_000;
  const points: StoredVector[] = multiply(vectors, entries).map((vector, i) => {
    const prompt = `${prompts[i % prompts.length]} (${i})`;
    return { id: String(i), partition, entry: `k${i}:m`, model: "m", prompt, vector, expiresAt };
  });
  const asked = multiply(vectors, 2 * vectors.length).slice(vectors.length);
  const known = new Map(asked.map((vector, i) => [`${prompts[i]} asked`, vector]));
  const cache = await createSemanticCache({
    engine: instantEngine(known),
    openStore: (embedder) => createVectorStore({ store: "embedded", log: memoryLog(points), namespace: "bench", embedder }),
  });
  const names = [...known.keys()];
  let next = 0;
  const lookUp = async () => {
    const startedAt = performance.now();
    await cache.lookup({ prompt: names[next++ % names.length] ?? "", partition: fingerprint, models: ["m"], timeoutMs: 60_000 });
    return performance.now() - startedAt;
  };
  const firstMs = await lookUp();
  await expectCandidates(cache);
  return {
    firstMs,
    async measure(count) {
      const times: number[] = [];
      const cpuAt = ownCpuUs();
      for (let i = 0; i < count; i++) times.push(await lookUp());
      return { times, cpuMs: (ownCpuUs() - cpuAt) / count / 1_000 };
    },
    [Symbol.asyncDispose]: () => cache.close(),
  };
}

/** A cache that finds nothing would be quick. */
async function expectCandidates(cache: SemanticCachePort): Promise<void> {
  const { misses, store } = await cache.status();
  if (misses.rejected !== 1) throw new Error(`the first lookup found no candidates: ${JSON.stringify({ misses, store })}`);
}
