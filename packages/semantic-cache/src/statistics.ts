import type { SemanticCacheStatus, SemanticHit, SemanticMiss, SemanticMissReason } from "@llm-router/contracts";
import type { Decision } from "./decision/decide.ts";

/** So many of the last lookups are what the times are of. */
const timesKept = 1_000;

type Numbers = Omit<SemanticCacheStatus, "state" | "detail" | "store">;

/** What a cache has done since it was made. */
export class Statistics {
  readonly #misses: Partial<Record<SemanticMissReason, number>> = {};
  readonly #rejections: Record<string, number> = {};
  readonly #times: number[] = [];
  readonly #scores = { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  #hits = 0;
  #lookups = 0;
  stored = 0;
  storeFailures = 0;

  looked(answer: SemanticHit | SemanticMiss, tookMs: number): void {
    if (answer.kind === "hit") this.#hits++;
    else this.#misses[answer.reason] = (this.#misses[answer.reason] ?? 0) + 1;
    this.#times[this.#lookups++ % timesKept] = tookMs;
  }

  decided({ hit, rejected }: Decision): void {
    for (const { by, score } of rejected) {
      this.#rejections[by] = (this.#rejections[by] ?? 0) + 1;
      if (score !== undefined) this.#scored(score);
    }
    if (hit) this.#scored(hit.verifierScore);
  }

  #scored(score: number): void {
    const scores = this.#scores;
    scores.count++;
    scores.sum += score;
    scores.min = Math.min(scores.min, score);
    scores.max = Math.max(scores.max, score);
  }

  read(): Numbers {
    const { count, sum, min, max } = this.#scores;
    const times = this.#times.toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    return {
      hits: this.#hits,
      misses: { ...this.#misses },
      rejections: { ...this.#rejections },
      ...(count > 0 && { verifierScore: { count, mean: sum / count, min, max } }),
      ...(times.length > 0 && { lookupMs: { count: this.#lookups, p50: at(0.5), p99: at(0.99), max: times.at(-1) ?? 0 } }),
      stored: this.stored,
      storeFailures: this.storeFailures,
    };
  }
}
