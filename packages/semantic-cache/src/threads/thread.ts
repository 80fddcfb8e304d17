// What runs in each of the threads: embedder and verifier, one text or pair at a time.
import { parentPort, workerData } from "node:worker_threads";
import { takeTurn } from "./addon.ts";
import { throughGate } from "./gate.ts";
import { meanVector } from "./mean-vector.ts";
import { type Description, maxTokens, type Task, type ThreadData } from "./task.ts";
import type { TextModel } from "./text-model.ts";

interface Models {
  embedder: TextModel;
  verifier: TextModel;
}

const { gate, addon, ...folders } = workerData as ThreadData;

/**
 * The pool waits for this before the thread takes its first task. Weights that cannot be loaded fail each task, not the
 * thread: it would come again, and fail again, for ever.
 */
export default load().catch(
  (error: unknown) => (): Promise<never> => Promise.reject(error instanceof Error ? error : new Error(String(error))),
);

async function load(): Promise<(task: Task) => unknown> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
  takeTurn(addon, (request) => parentPort?.postMessage(request));
  return throughGate(gate, async () => {
    // Here, since it loads onnxruntime, which must have been done in turn.
    const { loadTextModel } = await import("./text-model.ts");
    const models = { embedder: await loadTextModel(folders.embedder, gate), verifier: await loadTextModel(folders.verifier, gate) };
    return (task) => answer(task, models);
  });
}

function answer({ job, stop }: Task, models: Models): unknown {
  switch (job.kind) {
    case "describe":
      return describe(models);
    case "count":
      return models.embedder.encode(job.text).input_ids.length;
    case "embed":
      return each(job.texts, stop, (text) => embed(models.embedder, text));
    case "score":
      return each(job.pairs, stop, ({ a, b }) => score(models.verifier, a, b));
    default:
      throw new TypeError(`no such job: ${JSON.stringify(job satisfies never)}`);
  }
}

async function each<Item, Value>(items: readonly Item[], stop: Int32Array, run: (item: Item) => Promise<Value>) {
  const values: Value[] = [];
  for (const item of items) {
    if (Atomics.load(stop, 0) === 1) break; // nobody reads what is given back
    values.push(await run(item));
  }
  return values;
}

async function embed(model: TextModel, text: string): Promise<Float32Array> {
  const encoding = model.encode(text);
  const tokens = encoding.input_ids.length;
  if (tokens > maxTokens) throw new RangeError(`the text has ${tokens} tokens, the embedder reads ${maxTokens}`);
  return meanVector(await model.run(encoding));
}

async function score(model: TextModel, a: string, b: string): Promise<number> {
  const { data } = await model.run(model.encode(a, b));
  return data[0] ?? Number.NaN;
}

/** Runs each of them once, so that weights that load but are of something else are found at the start. */
async function describe({ embedder, verifier }: Models): Promise<Description> {
  const vector = await embed(embedder, "Hello");
  const logit = await score(verifier, "Hello", "Hi");
  if (vector.some(Number.isNaN) || Number.isNaN(logit)) throw new TypeError("the weights give something else than numbers");
  return { dimensions: vector.length, embedderVersion: await embedder.version(), verifierVersion: await verifier.version() };
}
