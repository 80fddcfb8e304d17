import { median, roundTo } from "./statistics.ts";

/** How much of something each process holds, in megabytes, at a time since the begin. */
export interface MemorySample {
  atMs: number;
  mb: Record<string, number>;
}

export interface MemoryWatch extends AsyncDisposable {
  readonly samples: MemorySample[];
}

/** Asks each process for its memory, bytes, at an interval until it is disposed of. */
export function watchMemory(everyMs: number, processes: Record<string, () => Promise<number>>): MemoryWatch {
  const samples: MemorySample[] = [];
  const startedAt = performance.now();
  let asking: Promise<void> = Promise.resolve();
  const ask = async (): Promise<void> => {
    const atMs = Math.round(performance.now() - startedAt);
    const asked = Object.entries(processes).map(async ([name, bytes]) => [name, roundTo((await bytes()) / 1_048_576, 1)] as const);
    samples.push({ atMs, mb: Object.fromEntries(await Promise.all(asked)) });
  };
  const timer = setInterval(() => {
    asking = asking.then(ask);
  }, everyMs);
  return {
    samples,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await asking;
    },
  };
}

export interface Growth {
  /** In the third and fourth tenth of the time; in the last two tenths. */
  warmMb: number;
  endMb: number;
  highestMb: number;
  ratio: number;
}

/** How each process's memory at the end compares with that once it was warm. */
export function growthOf(samples: readonly MemorySample[], forMs: number): Record<string, Growth> {
  const between = (from: number, to: number) => samples.filter(({ atMs }) => atMs >= from * forMs && atMs <= to * forMs);
  const names = Object.keys(samples[0]?.mb ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const of = (some: readonly MemorySample[]) => some.map(({ mb }) => mb[name] ?? 0);
      const [warmMb, endMb] = [median(of(between(0.2, 0.4))), median(of(between(0.8, 1)))];
      return [name, { warmMb, endMb, highestMb: Math.max(...of(samples)), ratio: roundTo(endMb / warmMb, 3) }];
    }),
  );
}
