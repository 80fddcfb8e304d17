import { type Decision, type Grant, parseGrant, type Run } from "./run.ts";
import { asList, type QueueContext } from "./scripts.ts";

export interface Finish {
  run: Run;
  decision: Decision;
  /** The worker has room for another run. */
  fetchNext: boolean;
}

export interface Finished {
  /** What became of the run; see finish.lua. */
  status: string;
  /** It opened the breaker. */
  opened: boolean;
  blockedModels: number;
  /** What was granted with it. */
  grant: Grant;
}

export interface FinishRequestsOptions {
  context: QueueContext;
  model: string;
  workerId: string;
  lockMs: number;
}

type Waiting = PromiseWithResolvers<Finished> & { finish: Finish };

/** Finishes of one call at most: the script holds Redis for some 50 µs for each. */
const mostAtOnce = 16;

/**
 * Sends the finishes of a model's runs. Those of one turn of the event loop go together: most of what a finish costs Redis is the same
 * for all of them. None waits for another turn.
 */
export class FinishRequests {
  readonly #options: FinishRequestsOptions;
  #waiting: Waiting[] = [];

  constructor(options: FinishRequestsOptions) {
    this.#options = options;
  }

  /** May be sent again, alone or beside others. @throws what Redis throws, or what the script says of this finish. */
  async send(finish: Finish): Promise<Finished> {
    const waiting = { ...Promise.withResolvers<Finished>(), finish };
    this.#waiting.push(waiting);
    // After all that this turn has to settle.
    if (this.#waiting.length === 1) process.nextTick(() => this.#sendAll());
    return waiting.promise;
  }

  #sendAll(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < all.length; from += mostAtOnce) void this.#sendTogether(all.slice(from, from + mostAtOnce));
  }

  async #sendTogether(waiting: Waiting[]): Promise<void> {
    const { context, model, workerId, lockMs } = this.#options;
    const askedAt = performance.now();
    try {
      const args = [model, `llmr:${workerId}`, workerId, lockMs, ...waiting.flatMap(({ finish }) => argumentsOf(finish))];
      const [blockedModels, ...replies] = asList(await context.run("finish", args));
      for (const [i, { resolve, reject }] of waiting.entries()) {
        const [status, opened, next] = asList(replies[i]);
        if (status === "error") {
          reject(new Error(String(opened)));
          continue;
        }
        const granted = asList(next);
        const grant = granted.length > 0 ? parseGrant(granted, model, askedAt) : {};
        resolve({ status: String(status), opened: opened === 1, blockedModels: Number(blockedModels), grant });
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function argumentsOf({ run, decision, fetchNext }: Finish): (string | number)[] {
  const { mode, json = "", breaker, runMs, tokens = -1, holdMs = 0, refused = false, note } = decision;
  const result = [mode, json, breaker, Math.round(runMs), tokens];
  return [run.id, run.epoch, ...result, fetchNext ? 1 : 0, run.lockToken, Math.round(holdMs), refused ? 1 : 0, note];
}
