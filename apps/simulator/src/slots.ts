/** A counting semaphore with a first-in-first-out queue. A limit of 0 lets everyone in. */
export class Slots {
  #limit = 0;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  setLimit(limit: number): void {
    this.#limit = limit;
    this.#grant();
  }

  /** Takes a slot at once if one is free; then nobody waits for it, as a free slot goes to who waits first. */
  tryTake(): boolean {
    if (!this.#hasRoom()) return false;
    this.#taken++;
    return true;
  }

  /** Calls `granted` once the slot is the caller's. Returns a function that leaves the queue. */
  queue(granted: () => void): () => void {
    this.#waiting.add(granted);
    this.#grant();
    return () => void this.#waiting.delete(granted);
  }

  release(): void {
    this.#taken--;
    this.#grant();
  }

  #hasRoom(): boolean {
    return this.#limit === 0 || this.#taken < this.#limit;
  }

  #grant(): void {
    for (const granted of this.#waiting) {
      if (!this.#hasRoom()) return;
      this.#waiting.delete(granted);
      this.#taken++;
      granted();
    }
  }
}
