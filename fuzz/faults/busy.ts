import type { Random } from "../lib/random.ts";

const busy = new WeakSet<object>();

/** One of `items` that no other fault has in hand, for as long as `work` takes. Does nothing when there is none. */
export async function withFree<T extends object>(items: readonly T[], random: Random, work: (item: T) => Promise<void>): Promise<void> {
  const [item] = random.shuffle(items.filter((each) => !busy.has(each)));
  if (!item) return;
  busy.add(item);
  try {
    await work(item);
  } finally {
    busy.delete(item);
  }
}
