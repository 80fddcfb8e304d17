import type { ServerResponse } from "node:http";
import { RouterError } from "@llm-router/contracts";
import type { Ports } from "./ports.ts";

/** Who ended an answer before its time: the caller's connection is gone, or the gateway closes. */
export type Leaver = "caller" | "gateway";

/** Watches for the end of an answer that has not been given yet. Dispose it when it has. */
export class Departure implements Disposable {
  readonly #response: ServerResponse;
  readonly #answers: Set<() => void>;
  readonly #controller = new AbortController();
  #left: Leaver | undefined;

  constructor({ answers, closing }: Pick<Ports, "answers" | "closing">, response: ServerResponse) {
    this.#response = response;
    this.#answers = answers;
    response.once("close", this.#onClose);
    answers.add(this.#onClosing);
    if (response.destroyed) this.#onClose();
    if (closing.aborted) this.#onClosing();
  }

  get left(): Leaver | undefined {
    return this.#left;
  }

  /** Aborts when somebody has left. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the work comes to; undefined when somebody left before. */
  async or<T>(work: Promise<T>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const onAbort = () => resolve(undefined);
    if (this.#left !== undefined) onAbort();
    else this.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
      // Its failure is of no interest to somebody who has left.
      work.catch(() => undefined);
    }
  }

  readonly #onClose = (): void => this.#leave("caller");
  readonly #onClosing = (): void => this.#leave("gateway");

  #leave(who: Leaver): void {
    if (this.#left !== undefined || this.#response.writableFinished) return;
    this.#left = who;
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    this.#response.off("close", this.#onClose);
    this.#answers.delete(this.#onClosing);
  }
}

/** What callers are told whose answers the gateway can no longer wait for. */
export function shuttingDown(id: string): RouterError {
  return new RouterError("SHUTTING_DOWN", `This gateway is shutting down; request ${id} runs on.`, { id });
}
