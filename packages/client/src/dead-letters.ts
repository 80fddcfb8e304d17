import { type Request, RouterError } from "@llm-router/contracts";
import { type DeadLetter, type DeadLetterFilter, listDeadLetters, purgeDeadLetters, readDeadRequest } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";
import { JobHandle } from "./job-handle.ts";
import { enqueueDefaults, submit } from "./submit.ts";

/** Failed requests, kept with their prompts (`retention.deadLetterTtlMs`, `maxDeadLetters`). */
export class DeadLetters {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Those that match, newest first, 100 at most unless said otherwise. */
  async list(filter: DeadLetterFilter = {}, limit = 100): Promise<DeadLetter[]> {
    return this.#connection.perform("reading the dead letters", () => listDeadLetters(this.#connection.context, filter, limit));
  }

  /**
   * Submits a dead letter again, under a new id that is linked to the old one.
   * @param changes Replaces fields of the request, such as `model`, `models` or `priority`.
   * @throws {RouterError} UNKNOWN_REQUEST when it is no dead letter; what enqueue() throws.
   */
  async replay(id: string, changes: Partial<Request> = {}): Promise<JobHandle> {
    const request = await this.#connection.perform("reading the dead letter", () => readDeadRequest(this.#connection.context, id));
    if (!request)
      throw new RouterError("UNKNOWN_REQUEST", `${id} is no dead letter of namespace ${this.#connection.options.namespace}.`, { id });
    const { model, models, ...rest } = request;
    // Another choice of models replaces the old one, whichever way either was said.
    const choice =
      changes.model !== undefined || changes.models !== undefined ? {} : { ...(model && { model }), ...(models && { models }) };
    const submitted = await this.#connection.keepAlive.during(() =>
      submit(this.#connection, { ...rest, ...choice, ...changes }, enqueueDefaults, id),
    );
    return new JobHandle(this.#connection, submitted.id, submitted);
  }

  /** Forgets dead letters for good, by id. Returns how many there were. */
  async purge(ids: readonly string[]): Promise<number> {
    return this.#connection.perform("purging dead letters", () => purgeDeadLetters(this.#connection.context, ids));
  }
}
