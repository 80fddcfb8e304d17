/** A question's vector, as Redis keeps it beside the answer. */
export interface LoggedVector {
  /** UUID v5 of partition, prompt and model. */
  id: string;
  partition: string;
  /** Where the answer is: `<cacheKey>:<model>`. */
  entry: string;
  model: string;
  prompt: string;
  vector: Float32Array;
}

export interface StoredVector extends LoggedVector {
  /** When its answer expires, on Redis's clock, epoch ms. */
  expiresAt: number;
}

/** A vector was put or deleted; `reset`: changes were missed, so what is kept in memory may be old. */
export type VectorChange = { kind: "put" | "delete"; partition: string; id: string } | { kind: "reset" };

/**
 * What a vector store needs of Redis, where the answers are: which vector belongs to which answer, and what changes. An answer that
 * expires, is evicted or is purged takes its vector along.
 */
export interface VectorLog {
  /**
   * Binds vectors to their answers and tells all who follow. Returns when each answer expires, epoch ms; 0: there is no such answer, and nothing was put.
   * @param options.keep Whether Redis keeps the vectors, too, or only whose they are.
   */
  put(points: readonly LoggedVector[], options: { keep: boolean }): Promise<number[]>;
  /** All vectors of a partition that Redis keeps, in batches. What is put or deleted meanwhile may be among them, or not: follow the changes. */
  load(partition: string, onBatch: (points: StoredVector[]) => void): Promise<void>;
  /** Those that Redis keeps now; undefined for the others. */
  read(partition: string, ids: readonly string[]): Promise<(StoredVector | undefined)[]>;
  /** Unbinds vectors from their answers, which stay. Returns how many there were. */
  delete(ids: readonly string[]): Promise<number>;
  /** Unbinds all. */
  clear(): Promise<void>;
  /** Resolves when every later change will be told; a connection that breaks tells `reset` once it is back. */
  follow(listener: (changes: readonly VectorChange[]) => void): Promise<void>;
  /** Ends the following. */
  close(): Promise<void>;
}
