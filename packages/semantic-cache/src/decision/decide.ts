import { guard } from "../guards/index.ts";
import { read } from "../guards/reading.ts";
import type { PairVerifier } from "../ports.ts";
import { type Confidence, calibrated, heaviestDoubt, requiredScore } from "./confidence.ts";

export interface DecisionInput {
  /** The question that is asked. */
  prompt: string;
  /** Questions that have an answer, nearest first. */
  candidates: readonly { prompt: string; cosine: number }[];
  thresholds: {
    /** Cosine from which the verifier need not be surer than elsewhere. */
    similarityThreshold: number;
    /** Cosine below which a candidate is not looked at. */
    candidateFloor: number;
  };
  /** How sure the verifier must be (default: as calibrated for its weights). */
  confidence?: Confidence;
}

interface Rejection {
  /** Of the candidate. */
  index: number;
  /** The name of a guard that refused, or whose doubt the verifier did not outweigh; "floor" or "verifier" otherwise. */
  by: string;
  /** What the verifier said, if it was asked. */
  score?: number;
  /** By how much that was more than its threshold: negative here. */
  margin?: number;
  /** The guard that doubted, if one did. */
  doubt?: string;
}

export interface Decision {
  /** The candidate whose answer may be given. */
  hit?: { index: number; similarity: number; verifierScore: number; margin: number; doubt?: string };
  rejected: Rejection[];
}

/**
 * Decides whether a stored question's answer serves the one that is asked. Guards refuse by rule or demand a surer
 * verifier; of what is left the verifier is asked, and the one that exceeds its threshold by most is served.
 * @throws What the verifier throws.
 */
export async function decide(input: DecisionInput, verifier: PairVerifier): Promise<Decision> {
  const { prompt, candidates, thresholds, confidence = calibrated } = input;
  const asked = read(prompt);
  const rejected: Rejection[] = [];
  const open: { index: number; pair: { a: string; b: string }; required: number; doubt?: string; more: number }[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (candidate.cosine < thresholds.candidateFloor) {
      rejected.push({ index, by: "floor" });
      continue;
    }
    const { verdict, by } = guard(read(candidate.prompt), asked);
    if (verdict === "refuse") {
      rejected.push({ index, by: by[0] ?? "guard" });
      continue;
    }
    const trusted = candidate.cosine >= thresholds.similarityThreshold;
    const { by: doubt, more } = heaviestDoubt(confidence, by);
    const required = requiredScore(confidence, { trusted, more });
    open.push({ index, pair: { a: candidate.prompt, b: prompt }, required, more, ...(doubt !== undefined && { doubt }) });
  }
  if (open.length === 0) return { rejected };

  const scores = await verifier.score(open.map(({ pair }) => pair));
  let hit: Decision["hit"];
  for (const [at, { index, required, doubt, more }] of open.entries()) {
    // A verifier that says nothing, or no number, is not sure.
    const score = scores[at] ?? Number.NaN;
    const margin = score - required;
    const doubted = doubt === undefined ? {} : { doubt };
    if (margin >= 0) {
      const similarity = candidates[index]?.cosine ?? 0;
      if (!hit || margin > hit.margin) hit = { index, similarity, verifierScore: score, margin, ...doubted };
      continue;
    }
    // Who is to blame: the guard, if the verifier would have been sure enough without its doubt.
    const withoutDoubt = doubt !== undefined && margin >= -more;
    rejected.push({ index, by: withoutDoubt ? doubt : "verifier", score, margin, ...doubted });
  }
  return hit ? { hit, rejected } : { rejected };
}
