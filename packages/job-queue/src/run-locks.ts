import { isConnectionError } from "./redis.ts";
import type { Run, RunAbort } from "./run.ts";
import { asList, type QueueContext } from "./scripts.ts";

export interface RunLocksOptions {
  context: QueueContext;
  model: string;
  lockMs: number;
  /** Locks are renewed twice in this time, ms. */
  renewMs: number;
  onError: (error: Error) => void;
}

/** Before the lock expires, a run that could not renew it is given up, ms. */
const marginMs = 1_000;

/** A worker's runs under way, and their locks: renewed beside them. A run whose lock may be gone must not go on beside the one that replaces it. */
export class RunLocks {
  readonly #options: RunLocksOptions;
  /** A lost job may come back to this worker before its first run here has ended. */
  readonly #runs = new Set<Run>();
  /** performance.now() when the last renewal that Redis took was sent. */
  readonly #renewedAt = new Map<Run, number>();
  readonly #decided = new Set<Run>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: RunLocksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#renewAll(), options.renewMs / 2).unref();
  }

  get size(): number {
    return this.#runs.size;
  }

  get all(): Run[] {
    return [...this.#runs];
  }

  hold(run: Run): void {
    // An older run of the same job is void; asking for its lock would say nothing about that one.
    for (const older of this.#runs) if (older.id === run.id) this.#lose(older);
    this.#runs.add(run);
    // From the asking on: an answer that was long on its way says nothing about the lock now.
    this.#renewedAt.set(run, run.lockedAt);
  }

  /** Its call is over: what it decided is delivered, whatever becomes of its lock. */
  decided(run: Run): void {
    this.#decided.add(run);
  }

  release(run: Run): void {
    this.#runs.delete(run);
    this.#renewedAt.delete(run);
    this.#decided.delete(run);
  }

  /** Renews one now. False: it belongs to somebody else. @throws the connection's error. */
  async renew(run: Run): Promise<boolean> {
    const askedAt = performance.now();
    const lost = await this.#ask([run]);
    if (lost.includes(run.id)) return false;
    this.#renewedAt.set(run, askedAt);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(runs: readonly Run[]): Promise<readonly unknown[]> {
    const { context, model, lockMs } = this.#options;
    return asList(await context.run("renew", [model, lockMs, ...runs.flatMap((run) => [run.id, run.lockToken, run.epoch])]));
  }

  async #renewAll(): Promise<void> {
    const newest = new Map(this.all.map((run) => [run.id, run]));
    const runs = [...newest.values()];
    if (runs.length === 0) return;
    // Before asking, too: Redis may not answer at all.
    this.#watch(runs);
    const startedAt = performance.now();
    try {
      const lost = await this.#ask(runs);
      for (const run of runs) {
        if (lost.includes(run.id)) this.#lose(run);
        else this.#renewedAt.set(run, startedAt);
      }
    } catch (error) {
      if (!isConnectionError(error)) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
    this.#watch(runs);
  }

  #watch(runs: readonly Run[]): void {
    for (const run of runs) {
      const renewedAt = this.#renewedAt.get(run);
      if (renewedAt !== undefined && performance.now() - renewedAt > this.#options.lockMs - marginMs) this.#lose(run);
    }
  }

  #lose(run: Run): void {
    if (this.#renewedAt.has(run) && !this.#decided.has(run)) run.abort.abort("lost" satisfies RunAbort);
  }
}
