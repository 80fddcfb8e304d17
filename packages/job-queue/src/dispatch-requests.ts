import { asList, type QueueContext, type ScriptArgument } from "./scripts.ts";

type Waiting = PromiseWithResolvers<readonly unknown[]> & { args: readonly ScriptArgument[]; size: number };

/** Requests of one call at most: the script holds Redis for some 60 µs for each, and Redis its arguments until the last. */
const mostAtOnce = 16;
const mostCharacters = 262_144;

/**
 * Sends what a process dispatches. Requests of one turn of the event loop go together: much of what one costs Redis, and this process,
 * is the same for all of them. None waits for another turn.
 */
class DispatchRequests {
  readonly #context: QueueContext;
  #waiting: Waiting[] = [];

  constructor(context: QueueContext) {
    this.#context = context;
  }

  async send(args: readonly ScriptArgument[]): Promise<readonly unknown[]> {
    const size = args.reduce<number>((sum, arg) => sum + (typeof arg === "string" ? arg.length : 0), 0);
    const waiting = { ...Promise.withResolvers<readonly unknown[]>(), args, size };
    this.#waiting.push(waiting);
    // After all that this turn has to submit.
    if (this.#waiting.length === 1) process.nextTick(() => this.#sendAll());
    return waiting.promise;
  }

  #sendAll(): void {
    let batch: Waiting[] = [];
    let characters = 0;
    for (const waiting of this.#waiting.splice(0)) {
      if (batch.length > 0 && (batch.length === mostAtOnce || characters + waiting.size > mostCharacters)) {
        void this.#sendTogether(batch);
        batch = [];
        characters = 0;
      }
      batch.push(waiting);
      characters += waiting.size;
    }
    void this.#sendTogether(batch);
  }

  async #sendTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const replies = asList(
        await this.#context.run(
          "dispatch",
          batch.flatMap(({ args }) => args),
        ),
      );
      for (const [i, { resolve }] of batch.entries()) resolve(asList(replies[i]));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

const all = new WeakMap<QueueContext, DispatchRequests>();

/** The requests that go over this connection. */
export function dispatchRequestsOf(context: QueueContext): DispatchRequests {
  const requests = all.get(context) ?? new DispatchRequests(context);
  all.set(context, requests);
  return requests;
}
