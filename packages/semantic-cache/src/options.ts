import type { Embedder, PairVerifier, VectorStore } from "./ports.ts";

export interface SemanticCacheOptions {
  /** Makes the store for the embedder's vectors. It is closed with the cache. */
  openStore: (embedder: Pick<Embedder, "dimensions" | "version">) => VectorStore | Promise<VectorStore>;
  /** Cosine from which a candidate is trusted as far as the verifier trusts it (default 0.92); 1 turns the cache off. */
  similarityThreshold?: number;
  /** Cosine below which two questions are not compared at all (default 0.75). */
  candidateFloor?: number;
  /** A folder with `all-MiniLM-L6-v2` and `pair-verifier` (default: those of @llm-router/model-weights). */
  weights?: string | undefined;
  /** Threads for embedder and verifier, shared by all caches of this process (default 1). Each takes about 250 MB. */
  threads?: number;
  /** Where it is said, once, why only equal questions are answered; a pino logger fits. */
  log?: SemanticLog;
  /** An embedder and a verifier of your own, which you close yourself. */
  engine?: { embedder: Embedder; verifier: PairVerifier };
}

export interface SemanticLog {
  warn(details: object, message: string): void;
}
