import type { Client } from "@llm-router/client";
import type { KeptJob, ModelQueue } from "@llm-router/job-queue";
import type { QueueJob, QueueJobJson } from "@bull-board/api/dist/types.js";
import { priorityClasses, RouterError } from "@llm-router/contracts";
import { notHere } from "./not-here.ts";

/** A job on the board. Retry replays it under a new id, remove cancels it. */
export class BoardJob implements QueueJob {
  readonly opts = {};
  readonly #client: Client;
  readonly #queue: ModelQueue;
  readonly #job: KeptJob;

  /** @param job As it may be shown. */
  constructor(client: Client, queue: ModelQueue, job: KeptJob) {
    this.#client = client;
    this.#queue = queue;
    this.#job = job;
  }

  getState(): ReturnType<QueueJob["getState"]> {
    return this.#queue.stateOf(this.#job.id) as ReturnType<QueueJob["getState"]>;
  }

  async retry(): Promise<void> {
    await this.#client.deadLetters.replay(this.#job.id);
    // It has done what it could; as a dead letter it stays, and says who replayed it.
    await this.#queue.unlistFailed([this.#job.id]);
  }

  async remove(): Promise<void> {
    await removeJob(this.#client, this.#queue, this.#job.id, await this.getState());
  }

  promote(): Promise<void> {
    return notHere("A delayed job goes when its model can take it; it cannot be promoted.");
  }

  /** Without it the board would say that it did. */
  updateData(): Promise<void> {
    return notHere("An accepted request does not change; replay it with changes instead (POST /v1/dead-letters/:id/replay).");
  }

  toJSON(): QueueJobJson {
    const { id, priority, timestamp, processedOn, finishedOn, processedBy, attemptsStarted, failedReason, data, returnvalue } = this.#job;
    return {
      id,
      name: priorityClasses[Math.floor(priority / 1_000)] ?? "",
      progress: 0,
      attemptsMade: attemptsStarted,
      timestamp,
      processedOn: processedOn ?? null,
      finishedOn: finishedOn ?? null,
      processedBy: processedBy ?? null,
      failedReason,
      stacktrace: null,
      data,
      returnvalue,
      opts: {},
      priority,
    };
  }
}

/** Failed: purged. Completed: taken off the list. Anything else: cancelled. What is gone already is as it should be. */
export async function removeJob(client: Client, queue: ModelQueue, id: string, state: string): Promise<void> {
  if (state === "failed") await client.deadLetters.purge([id]);
  else if (state === "completed") await queue.forgetCompleted(id);
  else {
    await client
      .attach(id)
      .cancel("Removed on the board.")
      .catch((error: unknown) => {
        if (!RouterError.is(error) || error.code !== "UNKNOWN_REQUEST") throw error;
      });
  }
}
