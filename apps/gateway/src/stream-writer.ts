import type { ServerResponse } from "node:http";

export interface StreamWriterOptions {
  response: ServerResponse;
  /** Sets status and headers; called before the first byte. */
  begin: () => void;
  /** What says "still here" without meaning anything. */
  keepAlive: () => string;
  /** Time without a word after which that is sent, ms (default 15,000): proxies cut silent connections. */
  keepAliveMs?: number;
  /** How long a reader may leave what was sent unread before its connection is cut, ms (default 60,000). */
  unreadMs?: number;
}

/** Writes a streamed answer no faster than it is read. */
export class StreamWriter implements Disposable {
  readonly #options: StreamWriterOptions;
  readonly #unreadMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
    this.#unreadMs = options.unreadMs ?? 60_000;
    this.#timer = setInterval(() => this.#sayAlive(), options.keepAliveMs ?? 15_000);
  }

  /** Resolves when there is room for more; also when there is nobody to write to any more. */
  write(text: string): Promise<void> | undefined {
    this.#begin();
    this.#timer.refresh();
    return this.#options.response.write(text) ? undefined : this.#drained();
  }

  end(text: string): void {
    this.#begin();
    this.#options.response.end(text);
  }

  #begin(): void {
    if (!this.#options.response.headersSent) this.#options.begin();
  }

  #sayAlive(): void {
    if (!this.#options.response.writableNeedDrain) void this.write(this.#options.keepAlive());
  }

  async #drained(): Promise<void> {
    const { response } = this.#options;
    if (response.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const unread = setTimeout(() => response.destroy(), this.#unreadMs);
    response.once("drain", resolve).once("close", resolve);
    await promise;
    clearTimeout(unread);
    response.off("drain", resolve).off("close", resolve);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
