import { createOnnxEmbedder } from "./onnx-embedder.ts";
import { createOnnxVerifier } from "./onnx-verifier.ts";
import type { Embedder, PairVerifier } from "./ports.ts";
import { ModelThreads } from "./threads/model-threads.ts";
import { findWeights } from "./weights.ts";

export interface EngineOptions {
  /** A folder with `all-MiniLM-L6-v2` and `pair-verifier` (default: those of @llm-router/model-weights). */
  weights?: string | undefined;
  /** How many threads run them, if nobody in this process has started them yet (default 1). Each takes about 250 MB. */
  threads?: number | undefined;
}

/** Embedder and verifier in their threads. */
export interface Engine {
  embedder: Embedder;
  verifier: PairVerifier;
  /** Waits for runs in hand. The threads end when nobody in this process uses them any more. */
  close(): Promise<void>;
}

interface Shared {
  users: number;
  started: ReturnType<typeof start>;
}

/** By weights: threads and their memory are shared by all caches of a process. */
const engines = new Map<string, Shared>();

/** @throws Error when onnxruntime or the weights cannot be loaded. */
export async function openEngine({ weights, threads }: EngineOptions = {}): Promise<Engine> {
  const key = weights ?? "";
  const shared = engines.get(key) ?? { users: 0, started: start({ weights, threads }) };
  engines.set(key, shared);
  shared.users++;
  let closed: Promise<void> | undefined;
  const leave = async () => {
    if (--shared.users > 0) return;
    engines.delete(key);
    await (await shared.started).threads.close();
  };
  try {
    const { embedder, verifier } = await shared.started;
    return { embedder, verifier, close: () => (closed ??= leave()) };
  } catch (error) {
    if (engines.get(key) === shared) engines.delete(key);
    throw error;
  }
}

async function start({
  weights,
  threads: count,
}: EngineOptions): Promise<{ threads: ModelThreads } & Pick<Engine, "embedder" | "verifier">> {
  const folders = await findWeights(weights);
  const { threads, description } = await ModelThreads.start({ ...folders, ...(count === undefined ? {} : { threads: count }) });
  return { threads, embedder: createOnnxEmbedder(threads, description), verifier: createOnnxVerifier(threads, description) };
}
