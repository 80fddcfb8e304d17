import type { BreakerState } from "@llm-router/contracts";
import CircuitBreaker from "opossum";

/** A change of a model's breaker, as the scripts in Redis decided it. */
export interface BreakerNews {
  state: BreakerState;
  /** Rises with every change. */
  epoch: number;
}

/** The longest that opossum's reset timer takes (24.8 days). Infinity, false or more would become 1 ms. */
const neverMs = 2_147_483_647;

/**
 * A model's breaker in this process: opossum as the gate around the call, driven by the state in Redis alone. Failures are
 * counted there, over all workers; here opossum's own percentage and timers never decide anything. Half-open lets every
 * call through, because the fetch script has granted no more of them than the probes it allows.
 */
export class ModelBreaker {
  readonly #circuit: CircuitBreaker<[call: () => Promise<unknown>], unknown>;
  #state: BreakerState = "closed";
  #epoch = -1;
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(model: string) {
    this.#circuit = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      name: model,
      timeout: false,
      resetTimeout: neverMs,
      errorThresholdPercentage: 100,
      volumeThreshold: Number.MAX_SAFE_INTEGER,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    });
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** performance.now() of the last change that this process heard of. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Takes what another process announced; announcements that come late are dropped. */
  apply(news: BreakerNews): void {
    if (news.epoch > this.#epoch) this.set(news);
  }

  /** Takes what Redis says. */
  set({ state, epoch }: BreakerNews): void {
    this.#epoch = epoch;
    if (state === this.#state) return;
    this.#state = state;
    this.#changedAt = performance.now();
    if (state === "open") this.#circuit.open();
    else this.#circuit.close();
  }

  /** Makes the call, or rejects without making it while the breaker is open. */
  async fire<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return (await this.#circuit.fire(call)) as Answer;
  }

  close(): void {
    this.#circuit.shutdown();
  }
}
