import type { Embedder } from "./ports.ts";

/** Prompts longer than this are not even counted: 256 tokens of text are about 1,000 characters. */
const maxLength = 4_096;
/** Vectors kept, 1.5 kB each: a question that was not found is stored soon after. */
const keptVectors = 512;

/** The vector of a question, or undefined when it is longer than the embedder reads. */
export type QuestionVectors = (prompt: string, signal?: AbortSignal) => Promise<Float32Array | undefined>;

export function createQuestionVectors(embedder: Embedder): QuestionVectors {
  const kept = new Map<string, Float32Array>();
  return async (prompt, signal) => {
    const known = kept.get(prompt);
    if (known) return known;
    if (prompt.length > maxLength || (isMaybeLong(prompt, embedder) && (await embedder.tokenCount(prompt)) > embedder.maxTokens))
      return undefined;
    const [vector] = await embedder.embed([prompt], signal);
    if (!vector) throw new Error("the embedder gave no vector");
    kept.set(prompt, vector);
    const [oldest] = kept.keys();
    if (kept.size > keptVectors && oldest !== undefined) kept.delete(oldest);
    return vector;
  };
}

/** Most are short, which is seen without counting: a token is at least one character as the tokenizer takes them apart. */
function isMaybeLong(prompt: string, { maxTokens }: Embedder): boolean {
  return prompt.toLowerCase().normalize("NFD").length > maxTokens - 2;
}
