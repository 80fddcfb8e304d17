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
  /** The threads end when nobody in this process has used them for 10 s. */
  close(): Promise<void>;
}

interface Shared {
  users: number;
  started: ReturnType<typeof start>;
}

/** Whoever opens a cache soon after the last one was closed finds the threads that are there: starting them takes a second. */
const lingerMs = 10_000;

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
    shared.users--;
    if (shared.users === 0) setTimeout(() => void endUnused(key, shared), lingerMs).unref();
  };
  try {
    const { embedder, verifier } = await shared.started;
    return { embedder, verifier, close: () => (closed ??= leave()) };
  } catch (error) {
    if (engines.get(key) === shared) engines.delete(key);
    throw error;
  }
}

/** A timer of an earlier close may find users again, or none for a shorter time than it should; the one harms nobody, the other costs a second. */
async function endUnused(key: string, shared: Shared): Promise<void> {
  if (shared.users > 0 || engines.get(key) !== shared) return;
  engines.delete(key);
  const { threads } = await shared.started;
  await threads.close();
}

async function start({
  weights,
  threads: count,
}: EngineOptions): Promise<{ threads: ModelThreads } & Pick<Engine, "embedder" | "verifier">> {
  const folders = await findWeights(weights);
  const { threads, description } = await ModelThreads.start({ ...folders, ...(count === undefined ? {} : { threads: count }) });
  return { threads, embedder: createOnnxEmbedder(threads, description), verifier: createOnnxVerifier(threads, description) };
}
