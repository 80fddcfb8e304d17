import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { eligibility, normalisePrompt } from "@llm-router/contracts";
import { decide, type Decision, type Engine } from "@llm-router/semantic-cache";

/** One line of a file of pairs: `a` is in the cache, `b` is asked, `same` says whether a's answer serves b. */
export interface LabelledPair {
  a: string;
  b: string;
  same: boolean;
}

export interface DecidedPair extends LabelledPair {
  cosine: number;
  served: boolean;
  /** What refused it: a guard, the verifier, "floor", or "eligibility" for wording that the cache leaves alone. */
  by?: string;
  /** What the verifier said, where it was asked. */
  score?: number;
  /** By how much that exceeds its threshold. */
  margin?: number;
  doubt?: string;
}

/** So many go to the threads at once: enough to keep them busy. */
const blockSize = 64;

/** @throws Error for a line that is not such a pair. */
export async function readPairs(file: string): Promise<LabelledPair[]> {
  const bytes = await readFile(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, at) => {
      const { a, b, same } = JSON.parse(line) as Partial<LabelledPair>;
      if (typeof a !== "string" || typeof b !== "string" || typeof same !== "boolean")
        throw new Error(`${file}:${at + 1} is not {"a": text, "b": text, "same": boolean}`);
      return { a, b, same };
    });
}

async function inBlocks<Item>(items: readonly Item[], run: (block: readonly Item[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += blockSize) await run(items.slice(start, start + blockSize));
}

/** Each text once; none for a text that the embedder does not read. */
async function vectorsOf(texts: ReadonlySet<string>, { embedder }: Engine): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  await inBlocks([...texts], async (block) => {
    const counts = await Promise.all(block.map(async (text) => embedder.tokenCount(text)));
    const readable = block.filter((_, at) => (counts[at] ?? 0) <= embedder.maxTokens);
    const embedded = await embedder.embed(readable);
    readable.forEach((text, at) => vectors.set(text, embedded[at] ?? new Float32Array()));
  });
  return vectors;
}

/** The product's own decision on each pair, with `a` as the only candidate. */
export async function decidePairs(
  pairs: readonly LabelledPair[],
  engine: Engine,
  thresholds: { similarityThreshold: number; candidateFloor: number },
): Promise<DecidedPair[]> {
  const vectors = await vectorsOf(new Set(pairs.flatMap(({ a, b }) => [a, b])), engine);
  const decided: DecidedPair[] = [];
  await inBlocks(pairs, async (block) => {
    const results = await Promise.all(
      block.map(async (pair) => {
        const cosine = cosineOf(vectors.get(pair.a), vectors.get(pair.b));
        if (![pair.a, pair.b].every(isEligible)) return { ...pair, cosine, served: false, by: "eligibility" };
        // The exact tier's.
        if (normalisePrompt(pair.a) === normalisePrompt(pair.b)) return { ...pair, cosine, served: true };
        const decision = await decide({ prompt: pair.b, candidates: [{ prompt: pair.a, cosine }], thresholds }, engine.verifier);
        return { ...pair, cosine, ...outcomeOf(decision) };
      }),
    );
    decided.push(...results);
  });
  return decided;
}

function isEligible(prompt: string): boolean {
  return eligibility({ prompt, temperature: 0 }).eligible;
}

function outcomeOf({ hit, rejected }: Decision): Omit<DecidedPair, keyof LabelledPair | "cosine"> {
  if (hit) return { served: true, score: hit.verifierScore, margin: hit.margin, ...(hit.doubt !== undefined && { doubt: hit.doubt }) };
  const { index: _, ...rest } = rejected[0] ?? { index: 0, by: "none" };
  return { served: false, ...rest };
}

function cosineOf(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a && b ? a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) : 0;
}

/** Of what is served the share that is right, and of what could be served the share that is. */
export function qualityOf(
  pairs: readonly LabelledPair[],
  isServed: (at: number) => boolean,
): { served: number; right: number; precision: number; recall: number } {
  const served = pairs.filter((_, at) => isServed(at));
  const right = served.filter(({ same }) => same).length;
  const same = pairs.filter((pair) => pair.same).length;
  return {
    served: served.length,
    right,
    precision: served.length === 0 ? 1 : right / served.length,
    recall: same === 0 ? 0 : right / same,
  };
}
