import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

export interface Asked {
  url: URL;
  method: Dispatcher.HttpMethod;
  headers: Record<string, string>;
  body?: string;
  /** Breaks the exchange off, and closes its connection. */
  signal: AbortSignal;
}

/** Unread bytes of an answer from which on its server has to wait. */
const bufferBytes = 65_536;

/**
 * One request and its answer, read by one reader. undici's own `request` gives a stream of Node's with an iterator over it: for a
 * short answer they cost more than the connection.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #asked: Asked;
  readonly #head = Promise.withResolvers<this>();
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  /** What the answer ended with: nothing, or an error. */
  #end: { error?: Error } | undefined;
  #reader: PromiseWithResolvers<Buffer | undefined> | undefined;

  private constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Resolves when the head of an answer is there, whatever its status. @throws what undici throws, and the signal's reason. */
  static open(dispatcher: Dispatcher, asked: Asked): Promise<Exchange> {
    const { url, method, headers, body = null, signal } = asked;
    const exchange = new Exchange(asked);
    if (signal.aborted) exchange.#fail(signal.reason as Error);
    else {
      signal.addEventListener("abort", exchange.#onAbort);
      dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, exchange);
    }
    return exchange.#head.promise;
  }

  /** The next bytes; undefined: the answer has ended. @throws why it broke off. */
  async read(): Promise<Buffer | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#size -= chunk.length;
      if (this.#chunks.length === 0) this.#controller?.resume();
      return chunk;
    }
    if (this.#end?.error) throw this.#end.error;
    if (this.#end) return undefined;
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** All that is left of it. @throws why it broke off. */
  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    for (let chunk = await this.read(); chunk; chunk = await this.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /** Closes its connection; nothing where it has ended. */
  cut(): void {
    if (!this.#end) this.#controller?.abort(new Error("The answer is not read any more."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#end?.error) controller.abort(this.#end.error);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // "Continue" and the like come before the answer.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#head.resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#reader) {
      this.#reader.resolve(chunk);
      this.#reader = undefined;
      return;
    }
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > bufferBytes) controller.pause();
  }

  onResponseEnd(): void {
    this.#settle({});
    this.#reader?.resolve(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#asked.signal as { reason: Error };
    if (this.#controller) this.#controller.abort(reason);
    // It still waits for a connection.
    else this.#fail(reason);
  };

  #fail(error: Error): void {
    this.#settle({ error });
    this.#head.reject(error);
    this.#reader?.reject(error);
  }

  #settle(end: { error?: Error }): void {
    this.#end ??= end;
    this.#asked.signal.removeEventListener("abort", this.#onAbort);
  }
}
