import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** One request, from the call to its answer. */
export type Call = () => Promise<unknown>;

/** Milliseconds of each of `count` calls, one after the other. */
export async function oneByOne(call: Call, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** Calls per second while `count` calls are made, `inFlight` at a time. */
export async function place(call: Call, count: number, inFlight: number): Promise<number> {
  let left = count;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await call();
    }),
  );
  return (count / (performance.now() - startedAt)) * 1_000;
}

/** A window in time that several processes share, ms since the epoch. */
export interface Window {
  startAt: number;
  endAt: number;
  inFlight: number;
  /** How long before the window the load begins, ms. */
  leadMs: number;
}

export interface Saturated {
  /** Calls that were answered inside the window. */
  answered: number;
  /** Calls that were answered, whenever. */
  all: number;
  /** Calls that failed, whenever. */
  failed: number;
  firstError?: string;
}

/** Keeps `inFlight` calls under way before and during the window, and counts the answers inside it. */
export async function saturate(call: Call, { startAt, endAt, inFlight, leadMs }: Window): Promise<Saturated> {
  const counts: Saturated = { answered: 0, all: 0, failed: 0 };
  await delay(Math.max(startAt - leadMs - Date.now(), 0));
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (Date.now() < endAt) {
        try {
          await call();
          counts.all += 1;
          const now = Date.now();
          if (now >= startAt && now < endAt) counts.answered += 1;
        } catch (error) {
          counts.failed += 1;
          counts.firstError ??= String(error);
        }
      }
    }),
  );
  return counts;
}
