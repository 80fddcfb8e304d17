import { performance } from "node:perf_hooks";

export type Sides<K extends string, T> = Record<K, () => Promise<T>>;

/**
 * Measures every side once to warm up, then `rounds` times in turn (A B A B …), so that what else the machine does
 * falls on all sides alike. Progress goes to stderr.
 */
export async function interleave<K extends string, T>(options: {
  rounds: number;
  sides: Sides<K, T>;
  show: (measured: T) => string;
}): Promise<Record<K, T[]>> {
  const { rounds, sides, show } = options;
  const names = Object.keys(sides) as K[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const startedAt = performance.now();
      const value = await sides[name]();
      const label = round === 0 ? "warm-up" : `round ${round}/${rounds}`;
      console.error(`bench: ${label.padEnd(11)} ${name.padEnd(16)} ${show(value)}  (${Math.round(performance.now() - startedAt)} ms)`);
      if (round > 0) measured[name].push(value);
    }
  }
  return measured;
}
