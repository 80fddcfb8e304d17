/** Folders with weights. */
export interface WeightsFolders {
  embedder: string;
  verifier: string;
}

/** What a thread is started with. */
export interface ThreadData extends WeightsFolders {
  /** See running.ts. */
  running: Int32Array;
}

/** Items of one job are run one after the other. */
export type Job =
  | { kind: "describe" }
  | { kind: "count"; text: string }
  | { kind: "embed"; texts: readonly string[] }
  | { kind: "score"; pairs: readonly { a: string; b: string }[] };

/** A job on its way to a thread. */
export interface Task {
  job: Job;
  /** Raised to 1 by the main thread when nobody waits any more: what has not begun by then is not begun. */
  stop: Int32Array;
}

export interface Description {
  dimensions: number;
  embedderVersion: string;
  verifierVersion: string;
}

/** The answer to a task that was stopped. */
export const stopped = "stopped";

/** The most tokens of a text, its two marks included, that the embedder was made for. */
export const maxTokens = 256;
