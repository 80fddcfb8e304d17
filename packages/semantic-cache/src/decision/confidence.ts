import thresholds from "./thresholds.json" with { type: "json" };

/** How sure the verifier must be, in its logits. */
export interface Confidence {
  /** For a candidate from `similarityThreshold` on. */
  trusted: number;
  /** For one between `candidateFloor` and it. */
  surer: number;
  /** So much more where a guard doubts. */
  doubt: number;
}

/** As training/calibrate.ts chose for the verifier of @llm-router/model-weights. */
export const calibrated: Confidence = thresholds;

export function requiredScore(confidence: Confidence, { trusted, doubted }: { trusted: boolean; doubted: boolean }): number {
  return (trusted ? confidence.trusted : confidence.surer) + (doubted ? confidence.doubt : 0);
}
