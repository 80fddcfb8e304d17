import type { PairVerifier } from "./ports.ts";
import { runInChunks } from "./threads/chunks.ts";
import type { ModelThreads } from "./threads/model-threads.ts";
import type { Description } from "./threads/task.ts";

/** The pair verifier in the threads. Whoever started the threads closes them. */
export function createOnnxVerifier(threads: ModelThreads, { verifierVersion }: Description): PairVerifier {
  return {
    version: verifierVersion,
    score: (all, signal) => runInChunks(all, async (pairs) => (await threads.run({ kind: "score", pairs }, signal)) as number[]),
    close: async () => {},
  };
}
