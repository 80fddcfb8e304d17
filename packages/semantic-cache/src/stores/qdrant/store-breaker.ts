export interface StoreBreakerOptions {
  /** Failures in a row that open it (default 3). */
  failureThreshold?: number;
  /** How long it stays open, at first and at most, ms (default 1,000 and 30,000): twice as long after each attempt that failed. */
  firstPauseMs?: number;
  longestPauseMs?: number;
  /** Monotonic ms (default: performance.now). */
  now?: () => number;
}

/** A store that failed is left alone for a while, so that lookups do not wait for it; then one call tries whether it is back. */
export class StoreBreaker {
  readonly #options: Required<StoreBreakerOptions>;
  #failures = 0;
  #openUntil: number | undefined;
  #pauseMs = 0;
  #isTrying = false;
  #problem: string | undefined;

  constructor({
    failureThreshold = 3,
    firstPauseMs = 1_000,
    longestPauseMs = 30_000,
    now = () => performance.now(),
  }: StoreBreakerOptions = {}) {
    this.#options = { failureThreshold, firstPauseMs, longestPauseMs, now };
  }

  /** Why the store is not to be asked now, or failed last. undefined: it works. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Runs a call, unless the store is left alone.
   * @throws what the call throws; Error when it was not made.
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const isOpen = this.#openUntil !== undefined;
    if (this.#openUntil !== undefined && (this.#isTrying || this.#options.now() < this.#openUntil)) {
      throw new Error(`left alone after ${this.#failures} failures: ${this.#problem}`);
    }
    if (isOpen) this.#isTrying = true;
    try {
      const value = await call();
      this.#succeeded();
      return value;
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      if (isOpen) this.#isTrying = false;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#openUntil = undefined;
    this.#pauseMs = 0;
    this.#problem = undefined;
  }

  #failed(error: unknown): void {
    const { failureThreshold, firstPauseMs, longestPauseMs, now } = this.#options;
    this.#failures += 1;
    this.#problem = error instanceof Error ? error.message : String(error);
    if (this.#failures < failureThreshold) return;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2);
    this.#openUntil = now() + this.#pauseMs;
  }
}
