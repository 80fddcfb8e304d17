import type { Delta, Result } from "@llm-router/contracts";
import type { JobHandle } from "./job-handle.ts";

/** What `stream()` returns: its deltas, and its result. Leaving the loop cancels the request, unless `onDisconnect` is `continue`. */
export class DeltaStream implements AsyncIterableIterator<Delta, void> {
  readonly #job: Promise<JobHandle>;
  readonly #cancelOnLeave: boolean;
  readonly #deltas: AsyncGenerator<Delta, void>;
  #ended = false;

  constructor(job: Promise<JobHandle>, cancelOnLeave: boolean) {
    this.#job = job;
    // Whoever iterates or asks for the result is told; nobody may have begun yet.
    job.catch(() => undefined);
    this.#cancelOnLeave = cancelOnLeave;
    this.#deltas = (async function* () {
      yield* (await job).deltas();
    })();
  }

  /** The accepted request. @throws {RouterError} why it was refused. */
  job(): Promise<JobHandle> {
    return this.#job;
  }

  /** The whole answer, once it is complete. */
  async result(): Promise<Result> {
    return (await this.#job).result();
  }

  async next(): Promise<IteratorResult<Delta, void>> {
    try {
      const step = await this.#deltas.next();
      if (step.done === true) this.#ended = true;
      return step;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Delta, void>> {
    await this.#leave();
    await this.#deltas.return();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Delta, void>> {
    await this.return();
    throw error;
  }

  async #leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const job = await this.#job.catch(() => undefined);
    if (job && this.#cancelOnLeave) await job.cancel("The reader left the stream.");
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
