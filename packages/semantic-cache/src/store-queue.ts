/** Questions that wait to be stored; beyond it the newest are not taken. */
const maxWaiting = 1_000;
/** So many at once: between two such groups a lookup gets to the threads. */
const groupSize = 4;

export interface StoreQueue<Item> {
  /** False when too many wait, or it was closed. */
  add(item: Item): boolean;
  /** Resolves when what was added until now has been worked on. */
  flushed(): Promise<void>;
  /** Takes no more, and works on nothing but the group in hand. */
  close(): Promise<void>;
}

/** Works on items in order, in groups, one group at a time. `work` must not reject. */
export function createStoreQueue<Item>(work: (items: readonly Item[]) => Promise<void>): StoreQueue<Item> {
  let waiting: Item[] = [];
  let running: Promise<void> | undefined;
  let isClosed = false;
  const drain = async () => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupSize);
      waiting = waiting.slice(groupSize);
      await work(group);
    }
    running = undefined;
  };
  return {
    add(item) {
      if (isClosed || waiting.length >= maxWaiting) return false;
      waiting.push(item);
      running ??= drain();
      return true;
    },
    async flushed() {
      await running;
    },
    async close() {
      isClosed = true;
      waiting = [];
      await running;
    },
  };
}
