import type { Embedder } from "./ports.ts";
import { runInChunks } from "./threads/chunks.ts";
import type { ModelThreads } from "./threads/model-threads.ts";
import { type Description, maxTokens } from "./threads/task.ts";

/** The embedder in the threads: all-MiniLM-L6-v2, or what a configured folder has in its place. Whoever started the threads closes them. */
export function createOnnxEmbedder(threads: ModelThreads, { dimensions, embedderVersion }: Description): Embedder {
  return {
    dimensions,
    version: embedderVersion,
    maxTokens,
    embed: (all, signal) => runInChunks(all, async (texts) => (await threads.run({ kind: "embed", texts }, signal)) as Float32Array[]),
    tokenCount: async (text) => (await threads.run({ kind: "count", text })) as number,
    close: async () => {},
  };
}
