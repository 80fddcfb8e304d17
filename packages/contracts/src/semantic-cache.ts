/** A question that may be answered by one that was asked in other words. */
export interface SemanticQuestion {
  /** The question as one text, see `semanticPrompt`. */
  prompt: string;
  /** The request's `fingerprint`: answers are never shared across it. */
  partition: string;
}

export interface SemanticLookup extends SemanticQuestion {
  /** Only answers of these models: the request's candidates. */
  models: readonly string[];
  /** How long the answer is waited for, ms (default 250); beyond it is a miss. */
  timeoutMs?: number;
}

/** What is remembered of an answer that was put into the exact cache. */
export interface SemanticEntry extends SemanticQuestion {
  /** Which model made the answer. */
  model: string;
  /** Where the answer is: `<cacheKey>:<model>`. */
  entry: string;
  /** Epoch ms from which it is not served any more. */
  expiresAt: number;
}

/**
 * Why no entry answers: nothing near enough; guards or verifier refused all that was near; the question is longer than
 * the embedder reads; too many are being looked up; the time was over; the store could not answer; the weights or the threads failed; it is switched
 * off or was closed.
 */
export type SemanticMissReason = "no-candidate" | "rejected" | "too-long" | "busy" | "timeout" | "store" | "engine" | "off";

export interface SemanticHit {
  kind: "hit";
  /** Where the answer is: `<cacheKey>:<model>`. Whoever reads it there may find that it has gone meanwhile. */
  entry: string;
  model: string;
  /** The question that was answered then. */
  prompt: string;
  /** Cosine of the two questions. */
  similarity: number;
  /** The verifier's logit: one answer serves both. */
  verifierScore: number;
}

export interface SemanticMiss {
  kind: "miss";
  reason: SemanticMissReason;
  /**
   * Of `rejected`: what refused the nearest candidate: `guard:<name>`, `doubt:<name>` of a guard that the verifier did not outweigh,
   * `floor` or `verifier`.
   */
  by?: string;
}

/** Both but `on` say in `detail` why only equal questions are answered: `exact-only` where it was to be on, and a part of it is missing. */
export interface SemanticCacheState {
  state: "on" | "exact-only" | "off";
  detail?: string;
  /** What the vectors are kept in, as it answered a second ago. */
  store?: { ok: boolean; detail?: string };
}

/** Numbers of a process since its start. */
export interface SemanticCacheStatus extends SemanticCacheState {
  hits: number;
  misses: Partial<Record<SemanticMissReason, number>>;
  /** Candidates that were refused, by guard, or by "verifier". */
  rejections: Record<string, number>;
  /** The verifier's logits of hits and of what it refused; absent before the first. */
  verifierScore?: { count: number; mean: number; min: number; max: number };
  /** Time of the last 1,000 lookups, ms; absent before the first. */
  lookupMs?: { count: number; p50: number; p99: number; max: number };
  /** Questions remembered here, and those that could not be. */
  stored: number;
  storeFailures: number;
  /** What the vectors are kept in, now. */
  store?: { ok: boolean; detail?: string; entries?: number; bytes?: number };
}

/** The part of the cache that finds an answer to the same question in other words. It never rejects: doubt is a miss. */
export interface SemanticCachePort {
  lookup(lookup: SemanticLookup): Promise<SemanticHit | SemanticMiss>;
  /** Remembers a question off the path; what fails is counted, and one error is logged a minute at most. */
  store(entry: SemanticEntry): void;
  /** Resolves when all that was given to `store` until now is remembered or has failed. */
  flushed(): Promise<void>;
  state(): SemanticCacheState;
  status(): Promise<SemanticCacheStatus>;
  /** Waits for what is in hand. */
  close(): Promise<void>;
}
