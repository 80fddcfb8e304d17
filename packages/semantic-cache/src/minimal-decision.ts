import type { PairVerifier } from "./ports.ts";

export interface Decision {
  hit?: { index: number; similarity: number; verifierScore: number };
  rejected: { index: number; by: string; score?: number }[];
}

export interface DecisionInput {
  prompt: string;
  candidates: readonly { prompt: string; cosine: number }[];
  thresholds: { similarityThreshold: number; candidateFloor: number };
}

/** The verifier alone decides. */
export async function decide({ prompt, candidates }: DecisionInput, verifier: PairVerifier): Promise<Decision> {
  const scores = await verifier.score(candidates.map((candidate) => ({ a: candidate.prompt, b: prompt })));
  const ranked = scores.map((score, index) => ({ index, score })).toSorted((a, b) => b.score - a.score);
  const [best] = ranked;
  if (!best || best.score < 3) return { rejected: ranked.map(({ index, score }) => ({ index, by: "verifier", score })) };
  return { hit: { index: best.index, similarity: candidates[best.index]?.cosine ?? 0, verifierScore: best.score }, rejected: [] };
}
