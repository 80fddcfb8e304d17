import type { QueueContext } from "@llm-router/job-queue";

/** A worker that was not heard of for this long is gone, ms. */
export const aliveMs = 10_000;
const everyMs = 2_000;

export interface HeartbeatOptions {
  context: QueueContext;
  workerId: string;
  models: () => string[];
  /** What others may read about this worker, JSON. */
  info: () => string;
  /** After a beat: the moment to look at what else may have changed. */
  onBeat: () => void;
  onError: (error: unknown) => void;
}

/** Tells the namespace that this worker lives and what it serves. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Since the last beat that Redis took, ms. */
  get ageMs(): number {
    return performance.now() - this.#lastAt;
  }

  start(): void {
    this.#timer = setInterval(() => this.soon(), everyMs).unref();
  }

  /** Beats now, and reports a failure instead of throwing it: the next beat makes it good. */
  soon(): void {
    this.beat().catch((error: unknown) => this.#options.onError(error));
  }

  async beat(): Promise<void> {
    if (this.#stopped) return;
    const { context, workerId, models, info, onBeat } = this.#options;
    const sentAt = performance.now();
    await context.run("beat", [workerId, aliveMs, info(), ...models()]);
    this.#lastAt = sentAt;
    onBeat();
  }

  /** Stops, and says goodbye. */
  async leave(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    const { context, workerId, models } = this.#options;
    await context.run("beat", [workerId, 0, "", ...models()]);
  }
}
