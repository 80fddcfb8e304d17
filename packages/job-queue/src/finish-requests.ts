import { type Decision, type Grant, parseGrant, type Run } from "./run.ts";
import { asList, type QueueContext, type ScriptReply } from "./scripts.ts";
import { TurnBatches } from "./turn-batches.ts";

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

/** What the call said of one finish, and what it said of all. */
interface Answer {
  reply: ScriptReply;
  blockedModels: number;
  /** performance.now() when the call was made. */
  askedAt: number;
}

/** Finishes of one call at most: the script holds Redis for some 50 µs for each. */
const mostAtOnce = 16;

/** Sends the finishes of a model's runs: most of what one costs Redis is the same for all of a turn. */
export class FinishRequests {
  readonly #options: FinishRequestsOptions;
  readonly #batches = new TurnBatches<Finish, Answer>({ mostAtOnce, send: (finishes) => this.#sendTogether(finishes) });

  constructor(options: FinishRequestsOptions) {
    this.#options = options;
  }

  /** May be sent again, alone or beside others. @throws what Redis throws, or what the script says of this finish. */
  async send(finish: Finish): Promise<Finished> {
    const { reply, blockedModels, askedAt } = await this.#batches.send(finish);
    const [status, opened, next] = reply;
    if (status === "error") throw new Error(String(opened));
    const granted = asList(next);
    const grant = granted.length > 0 ? parseGrant(granted, this.#options.model, askedAt) : {};
    return { status: String(status), opened: opened === 1, blockedModels, grant };
  }

  async #sendTogether(finishes: readonly Finish[]): Promise<Answer[]> {
    const { context, model, workerId, lockMs } = this.#options;
    const askedAt = performance.now();
    const args = [model, `llmr:${workerId}`, workerId, lockMs, ...finishes.flatMap(argumentsOf)];
    const [blockedModels, ...replies] = asList(await context.run("finish", args));
    return replies.map((reply) => ({ reply: asList(reply), blockedModels: Number(blockedModels), askedAt }));
  }
}

function argumentsOf({ run, decision, fetchNext }: Finish): (string | number)[] {
  const { mode, json = "", told = "", breaker, runMs, tokens = -1, holdMs = 0, refused = false, note } = decision;
  const result = [mode, json, breaker, Math.round(runMs), tokens];
  return [run.id, run.epoch, ...result, fetchNext ? 1 : 0, run.lockToken, Math.round(holdMs), refused ? 1 : 0, note, told];
}
