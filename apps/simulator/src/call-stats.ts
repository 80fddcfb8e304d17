import type { CallOutcome } from "./call-log.ts";
import { SlidingWindow } from "./sliding-window.ts";

export interface CallStats {
  received: number;
  completed: number;
  aborted: number;
  error: number;
  cut: number;
  unfinished: number;
  /** Received and not ended; waiting for a slot counts. */
  underWay: number;
  maxUnderWay: number;
  /** Holding a slot. */
  running: number;
  maxRunning: number;
  /** Most calls received in any 60 s. */
  maxIn60s: number;
  /** Most calls received in any second. */
  maxIn1s: number;
}

/** Counts the calls of one model, or of all. */
export class CallCounter {
  #outcomes: Record<CallOutcome, number> = noOutcomes();
  #received = 0;
  #underWay = 0;
  #maxUnderWay = 0;
  #running = 0;
  #maxRunning = 0;
  #minute = new SlidingWindow(60_000);
  #second = new SlidingWindow(1000);

  /** Returns how many are under way now, this one included. */
  received(now: number): number {
    this.#received++;
    this.#minute.add(now);
    this.#second.add(now);
    this.#maxUnderWay = Math.max(this.#maxUnderWay, ++this.#underWay);
    return this.#underWay;
  }

  started(): void {
    this.#maxRunning = Math.max(this.#maxRunning, ++this.#running);
  }

  ended(outcome: CallOutcome, wasRunning: boolean): void {
    this.#outcomes[outcome]++;
    this.#underWay--;
    if (wasRunning) this.#running--;
  }

  view(): CallStats {
    return {
      received: this.#received,
      ...this.#outcomes,
      underWay: this.#underWay,
      maxUnderWay: this.#maxUnderWay,
      running: this.#running,
      maxRunning: this.#maxRunning,
      maxIn60s: this.#minute.max,
      maxIn1s: this.#second.max,
    };
  }

  reset(): void {
    this.#outcomes = noOutcomes();
    this.#received = this.#underWay; // these will still end, and the sums must add up
    this.#maxUnderWay = this.#underWay;
    this.#maxRunning = this.#running;
    this.#minute = new SlidingWindow(60_000);
    this.#second = new SlidingWindow(1000);
  }
}

function noOutcomes(): Record<CallOutcome, number> {
  return { completed: 0, aborted: 0, error: 0, cut: 0, unfinished: 0 };
}
