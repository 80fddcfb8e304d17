/** Counts events of the last `windowMs`, and the most there ever were in one window. Times must not go back. */
export class SlidingWindow {
  readonly #windowMs: number;
  #times: number[] = [];
  #head = 0;
  #max = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Most events in any window so far. */
  get max(): number {
    return this.#max;
  }

  add(now: number): void {
    this.#times.push(now);
    this.#max = Math.max(this.#max, this.count(now));
  }

  count(now: number): number {
    while ((this.#times[this.#head] ?? Infinity) <= now - this.#windowMs) this.#head++;
    // Copying only when half of it is spent keeps this O(1) per event.
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
    return this.#times.length - this.#head;
  }

  /** When the oldest event leaves the window, ms from `now`. */
  msUntilRoom(now: number): number {
    this.count(now);
    return Math.max(0, (this.#times[this.#head] ?? now - this.#windowMs) + this.#windowMs - now);
  }
}
