export interface TurnBatchesOptions<Item, Answer> {
  /** Items of one call at most. */
  mostAtOnce: number;
  /** What their sizes come to at most, unless one alone is larger (default: no bound). */
  mostSize?: number;
  sizeOf?: (item: Item) => number;
  /** One call: an answer for each item, in their order. What it throws is thrown to each of them. */
  send(items: readonly Item[]): Promise<readonly Answer[]>;
}

type Waiting<Item, Answer> = PromiseWithResolvers<Answer> & { item: Item };

/** Sends what comes in one turn of the event loop together. Nothing waits for another turn. */
export class TurnBatches<Item, Answer> {
  readonly #options: TurnBatchesOptions<Item, Answer>;
  #waiting: Waiting<Item, Answer>[] = [];

  constructor(options: TurnBatchesOptions<Item, Answer>) {
    this.#options = options;
  }

  async send(item: Item): Promise<Answer> {
    const waiting = { ...Promise.withResolvers<Answer>(), item };
    this.#waiting.push(waiting);
    // After all that this turn has to send.
    if (this.#waiting.length === 1) process.nextTick(() => this.#sendAll());
    return waiting.promise;
  }

  #sendAll(): void {
    const { mostAtOnce, mostSize = Number.POSITIVE_INFINITY, sizeOf = () => 0 } = this.#options;
    let batch: Waiting<Item, Answer>[] = [];
    let size = 0;
    for (const waiting of this.#waiting.splice(0)) {
      const own = sizeOf(waiting.item);
      if (batch.length > 0 && (batch.length === mostAtOnce || size + own > mostSize)) {
        void this.#sendTogether(batch);
        batch = [];
        size = 0;
      }
      batch.push(waiting);
      size += own;
    }
    void this.#sendTogether(batch);
  }

  async #sendTogether(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.send(batch.map(({ item }) => item));
      if (answers.length !== batch.length) throw new Error(`${answers.length} answers to ${batch.length} requests of one call`);
      for (const [i, answer] of answers.entries()) batch[i]?.resolve(answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
