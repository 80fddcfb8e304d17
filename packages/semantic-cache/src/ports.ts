/** Turns texts into vectors of length 1 whose dot product is their cosine. */
export interface Embedder {
  readonly dimensions: number;
  /** Which weights made a vector; vectors of two versions are never compared. */
  readonly version: string;
  /** The most tokens of a text, its two marks included, that it reads. */
  readonly maxTokens: number;
  /** One vector a text, in order. A text's vector does not depend on what it is embedded with. Nothing stops a run in hand: what is aborted ends unheard. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** How many tokens a text is, its two marks included. */
  tokenCount(text: string): number | Promise<number>;
  /** Waits for what is in hand. */
  close(): Promise<void>;
}

/** Reads two prompts and says how sure it is that one answer serves both. */
export interface PairVerifier {
  /** Which weights made a score. */
  readonly version: string;
  /** One logit a pair, in order: above 0 is rather yes. */
  score(pairs: readonly { a: string; b: string }[], signal?: AbortSignal): Promise<number[]>;
  /** Waits for what is in hand. */
  close(): Promise<void>;
}

/** One question that has an answer, as a store keeps it. */
export interface VectorPoint {
  /** UUID v5 of partition, prompt and model: a repeated question replaces its point. */
  id: string;
  /** What may be compared at all: the fingerprint of the request and the embedder's version. */
  partition: string;
  vector: Float32Array;
  /** Epoch ms from which it is not found any more. */
  expiresAt: number;
  /** Which model made the answer. */
  model: string;
  /** Where the answer is: `<cacheKey>:<model>`. */
  entry: string;
  prompt: string;
}

export interface VectorQuery {
  partition: string;
  vector: Float32Array;
  /** At most so many matches, nearest first. */
  limit: number;
  /** The least cosine of a match. */
  floor: number;
  /** Only answers of these models. */
  models: readonly string[];
}

export interface VectorMatch {
  id: string;
  entry: string;
  model: string;
  prompt: string;
  cosine: number;
  expiresAt: number;
}

export interface VectorStoreHealth {
  ok: boolean;
  /** Why not, when it is not ok. */
  detail?: string;
  /** Points that are known here. */
  entries?: number;
  /** Memory of this process that vectors take. */
  bytes?: number;
}

/** Keeps vectors and finds the nearest. `describeVectorStore` of the testkit says how each must behave. */
export interface VectorStore {
  upsert(points: readonly VectorPoint[]): Promise<void>;
  /** Nearest first, none of them expired. Rejects when the store cannot answer: the caller takes that as a miss. */
  query(query: VectorQuery): Promise<VectorMatch[]>;
  delete(ids: readonly string[]): Promise<void>;
  deleteAll(): Promise<void>;
  warmUp(): Promise<void>;
  health(): VectorStoreHealth | Promise<VectorStoreHealth>;
  close(): Promise<void>;
}
