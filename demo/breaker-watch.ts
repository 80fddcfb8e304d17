import type { Keys } from "@llm-router/client";
import { connectRedis } from "@llm-router/job-queue";

export interface BreakerChange {
  model: string;
  state: string;
  /** Redis time, ms since the epoch. */
  at: number;
}

export interface BreakerWatch extends Disposable {
  /** Every change so far, oldest first. */
  readonly changes: readonly BreakerChange[];
  /** The first change of `model` to `state` among those that come after the first `after` changes. Rejects when Redis goes away. */
  next(model: string, state: string, after?: number): Promise<BreakerChange>;
}

interface Waiter {
  wants: (change: BreakerChange, index: number) => boolean;
  resolve: (change: BreakerChange) => void;
  reject: (error: unknown) => void;
}

const blockMs = 1_000;

/** Reads the namespace's stream of breaker changes as it grows: it misses none, and nobody has to poll. */
export function watchBreakers(url: string, keys: Keys): BreakerWatch {
  const redis = connectRedis({ url }, "blocking");
  const stream = `${keys.prefix}:breakers`;
  const changes: BreakerChange[] = [];
  const waiters = new Set<Waiter>();
  let failure: Error | undefined;

  function add(change: BreakerChange): void {
    changes.push(change);
    for (const waiter of waiters) {
      if (!waiter.wants(change, changes.length - 1)) continue;
      waiters.delete(waiter);
      waiter.resolve(change);
    }
  }
  async function follow(): Promise<void> {
    let last = "0";
    for (;;) {
      const [entries] = (await redis.xread("BLOCK", blockMs, "STREAMS", stream, last)) ?? [];
      for (const [id, fields] of entries?.[1] ?? []) {
        last = id;
        const [, model = "", , state = "", , at] = fields;
        add({ model, state, at: Number(at) });
      }
    }
  }
  void follow().catch((error: unknown) => {
    failure = new Error("the changes of the breakers cannot be read any more", { cause: error });
    for (const waiter of waiters) waiter.reject(failure);
  });

  return {
    changes,
    async next(model, state, after = 0) {
      const wants = (change: BreakerChange, index: number) => index >= after && change.model === model && change.state === state;
      const known = changes.find(wants);
      if (known) return known;
      if (failure) throw failure;
      return new Promise((resolve, reject) => waiters.add({ wants, resolve, reject }));
    },
    [Symbol.dispose]: () => redis.disconnect(),
  };
}
