import type { Event } from "@llm-router/contracts";

/** Beyond this many unread live events a slow reader reads the stream in Redis instead. */
const bufferLimit = 1_000;
/** Of a request that nobody follows yet: what comes until its submission is answered. */
const earlyLimit = 8;

/** Live events of one request between two reads. */
export class LiveEvents {
  #buffer: Event[] = [];
  #missed: boolean;
  #limit: number;
  #wake: (() => void) | undefined;

  /** @param fromStart It listens since before the request was submitted; otherwise the stream in Redis has to be read first. */
  constructor({ fromStart }: { fromStart: boolean }) {
    this.#missed = !fromStart;
    this.#limit = fromStart ? earlyLimit : bufferLimit;
  }

  readonly listener = (events: readonly Event[]): void => {
    // What was missed is read from Redis, and with it all that came until then.
    if (this.#missed || events.length === 0 || this.#buffer.length + events.length > this.#limit) {
      this.#missed = true;
      this.#buffer = [];
    } else {
      this.#buffer.push(...events);
    }
    this.#wake?.();
  };

  /** From now on there is a reader. */
  follow(): this {
    this.#limit = bufferLimit;
    return this;
  }

  /** Also woken without an event: when the outcome is there. */
  nudge(): void {
    this.#missed = true;
    this.#wake?.();
  }

  /** What came since the last call; waits when nothing did. `missed`: look into Redis. */
  async take(): Promise<{ events: Event[]; missed: boolean }> {
    if (this.#buffer.length === 0 && !this.#missed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const taken = { events: this.#buffer, missed: this.#missed };
    this.#buffer = [];
    this.#missed = false;
    return taken;
  }
}
