import type { Gate } from "./gate.ts";

/** Folders with weights. */
export interface WeightsFolders {
  embedder: string;
  verifier: string;
}

/** What a thread is started with. */
export interface ThreadData extends WeightsFolders {
  gate: Gate;
  /** The file of onnxruntime, see addon.ts. */
  addon: string;
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

/** The most tokens of a text, its two marks included, that the embedder was made for. */
export const maxTokens = 256;
