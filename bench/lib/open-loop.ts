import { setTimeout as delay } from "node:timers/promises";
import { RouterError } from "@llm-router/contracts";
import { percentile, roundTo } from "./statistics.ts";

/** Requests that come at their own pace, whatever becomes of those before them. */
export interface OpenLoad {
  /** A second. */
  rate: number;
  forMs: number;
  /** Takes turns. */
  priorities: readonly string[];
}

/** ms */
interface Times {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface ClassCounts {
  offered: number;
  answered: number;
  /** By code: what was not accepted, and what was and ended otherwise than answered. */
  refused: Record<string, number>;
  failed: Record<string, number>;
  answerMs?: Times;
  refusalMs?: Times;
}

/** How often what is due is sent, ms. */
const tickMs = 5;

/** Offers the load, and waits for everything to end. By class. */
export async function offer(
  call: (priority: string) => Promise<unknown>,
  { rate, forMs, priorities }: OpenLoad,
): Promise<Record<string, ClassCounts>> {
  const tallies = new Map(priorities.map((priority) => [priority, new Tally()]));
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let sent = 0, elapsed = 0; elapsed < forMs; elapsed = performance.now() - startedAt) {
    for (const due = Math.floor((elapsed / 1_000) * rate); sent < due; sent++) {
      const priority = priorities[sent % priorities.length] ?? "";
      const tally = tallies.get(priority);
      if (!tally) continue;
      const run = tally.run(() => call(priority));
      open.add(run);
      void run.finally(() => open.delete(run));
    }
    await delay(tickMs);
  }
  await Promise.all(open);
  return Object.fromEntries([...tallies].map(([priority, tally]) => [priority, tally.counts()]));
}

class Tally {
  #offered = 0;
  readonly #answerMs: number[] = [];
  readonly #refusalMs: number[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #failed: Record<string, number> = {};

  async run(call: () => Promise<unknown>): Promise<void> {
    this.#offered += 1;
    const startedAt = performance.now();
    try {
      await call();
      this.#answerMs.push(performance.now() - startedAt);
    } catch (error) {
      // What was accepted has an id.
      const isRefusal = RouterError.is(error) && error.id === undefined;
      if (isRefusal) this.#refusalMs.push(performance.now() - startedAt);
      const code = RouterError.is(error) ? error.code : String(error);
      const counts = isRefusal ? this.#refused : this.#failed;
      counts[code] = (counts[code] ?? 0) + 1;
    }
  }

  counts(): ClassCounts {
    return {
      offered: this.#offered,
      answered: this.#answerMs.length,
      refused: this.#refused,
      failed: this.#failed,
      ...(this.#answerMs.length > 0 && { answerMs: timesOf(this.#answerMs) }),
      ...(this.#refusalMs.length > 0 && { refusalMs: timesOf(this.#refusalMs) }),
    };
  }
}

function timesOf(ms: readonly number[]): Times {
  const at = (p: number) => roundTo(percentile(ms, p), 1);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
