import { addCacheStats } from "./cache-stats.ts";
import type { QueueContext } from "./scripts.ts";

export interface CacheCountersOptions {
  context: QueueContext;
  /** Between two writes, at least, ms (default 1,000). */
  intervalMs?: number;
}

/** Collects the counts of a process and adds them to the namespace's, once a second at most. */
export class CacheCounters {
  readonly #context: QueueContext;
  readonly #intervalMs: number;
  #counts: Record<string, number> = {};
  #timer: NodeJS.Timeout | undefined;

  constructor({ context, intervalMs = 1_000 }: CacheCountersOptions) {
    this.#context = context;
    this.#intervalMs = intervalMs;
  }

  add(counts: Readonly<Record<string, number>>): void {
    for (const [field, by] of Object.entries(counts)) this.#counts[field] = (this.#counts[field] ?? 0) + by;
    this.#timer ??= setTimeout(() => void this.flush(), this.#intervalMs).unref();
  }

  /** Writes what was collected; what Redis does not take waits for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#counts;
    this.#counts = {};
    await addCacheStats(this.#context, counts).catch(() => this.add(counts));
  }

  /** Writes what is left, if Redis takes it. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }
}
