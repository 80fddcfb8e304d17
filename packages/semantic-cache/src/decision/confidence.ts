import thresholds from "./thresholds.json" with { type: "json" };

/** How sure the verifier must be, in its logits. */
export interface Confidence {
  /** For a candidate from `similarityThreshold` on. */
  trusted: number;
  /** For one between `candidateFloor` and it. */
  surer: number;
  /** So much more where a guard doubts. */
  doubt: number;
  /** The same for guards, by name, whose doubt weighs another amount (default: none). */
  doubtOf?: Readonly<Record<string, number>>;
}

/** As training/calibrate.py chose for the verifier of @llm-router/model-weights. */
export const calibrated: Confidence = thresholds;

/** What the heaviest of some guards' doubts adds, and whose it is. */
export function heaviestDoubt({ doubt, doubtOf = {} }: Confidence, guards: readonly string[]): { by?: string; more: number } {
  const [heaviest] = guards.map((by) => ({ by, more: doubtOf[by] ?? doubt })).toSorted((a, b) => b.more - a.more);
  return heaviest ?? { more: 0 };
}

export function requiredScore({ trusted, surer }: Confidence, candidate: { trusted: boolean; more: number }): number {
  return (candidate.trusted ? trusted : surer) + candidate.more;
}
