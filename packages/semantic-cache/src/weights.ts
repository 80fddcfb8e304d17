import { existsSync } from "node:fs";
import { join } from "node:path";
import type { WeightsFolders } from "./threads/task.ts";

/** Of a folder with weights, as @llm-router/model-weights has them. */
const names: WeightsFolders = { embedder: "all-MiniLM-L6-v2", verifier: "pair-verifier" };

/**
 * Where the weights are.
 * @param folder Holds `all-MiniLM-L6-v2` and `pair-verifier` (default: those of @llm-router/model-weights).
 * @throws Error when one of the two is not there.
 */
export async function findWeights(folder: string | undefined): Promise<WeightsFolders> {
  const found =
    folder === undefined ? await packaged() : { embedder: join(folder, names.embedder), verifier: join(folder, names.verifier) };
  const missing = Object.values(found).find((path) => !existsSync(path));
  if (missing !== undefined) throw new Error(`there are no weights in ${missing}`);
  return found;
}

async function packaged(): Promise<WeightsFolders> {
  const { embedderFolder, pairVerifierFolder } = await import("@llm-router/model-weights");
  return { embedder: embedderFolder, verifier: pairVerifierFolder };
}
