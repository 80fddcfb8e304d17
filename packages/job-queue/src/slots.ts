/** A process's cap on runs at once, over all its models. Waiters are served in order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Somebody waits: who finishes should not take the next job itself. */
  get contended(): boolean {
    return this.#waiting.length > 0;
  }

  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  async take(): Promise<void> {
    if (this.tryTake()) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** One model's place in the line for its process's slots: at most one slot is asked for at a time, and kept until it is used. */
export class SlotClaim {
  readonly #slots: Slots;
  #pending: Promise<void> | undefined;
  #isHeld = false;
  #isClosed = false;
  readonly #closing = Promise.withResolvers<void>();

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** Settles when the slot that was asked for is there, or nobody needs it any more; undefined when none was asked for. */
  get pending(): Promise<unknown> | undefined {
    return this.#pending && Promise.race([this.#pending, this.#closing.promise]);
  }

  /** Takes a slot, or gets in line. */
  tryTake(): boolean {
    if (this.#isHeld) {
      this.#isHeld = false;
      this.#pending = undefined;
      return true;
    }
    if (this.#pending) return false;
    if (this.#slots.tryTake()) return true;
    this.#pending = this.#queueUp();
    return false;
  }

  async #queueUp(): Promise<void> {
    await this.#slots.take();
    if (this.#isClosed) this.#slots.give();
    else this.#isHeld = true;
  }

  /** Leaves the line. */
  close(): void {
    this.#isClosed = true;
    this.#closing.resolve();
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#slots.give();
  }
}
