import type { ServerResponse } from "node:http";
import type { Problem } from "./api.ts";

/** Begins something that calls `done` later; returns how to give it up. */
export type Wait = (done: () => void) => () => void;

/** One answer on its way. Knows at once when the connection is gone, and ends whatever is being waited for then. */
export class Exchange {
  readonly #response: ServerResponse;
  #giveUp: (() => void) | undefined;
  #gone = false;

  /** @param onGone Called once when the connection closes before the answer was written. */
  constructor(response: ServerResponse, onGone: () => void) {
    this.#response = response;
    response.once("close", () => {
      if (response.writableEnded) return;
      this.#gone = true;
      onGone();
      this.#giveUp?.();
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** True when `wait` is done, false when the connection went first. */
  wait(wait: Wait): Promise<boolean> {
    return new Promise((resolve) => {
      let settled = false;
      let cancel: (() => void) | undefined;
      const settle = (done: boolean) => {
        settled = true;
        this.#giveUp = undefined;
        resolve(done);
      };
      this.#giveUp = () => {
        cancel?.();
        settle(false);
      };
      cancel = wait(() => settle(true));
      if (!settled && this.#gone) this.#giveUp();
    });
  }

  /** @returns false when the connection went before `ms` had passed. */
  sleep(ms: number): Promise<boolean> {
    return this.wait((done) => {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    });
  }

  head(status: number, headers: Record<string, string | number>): void {
    if (!this.#response.headersSent) this.#response.writeHead(status, headers);
  }

  write(text: string): void {
    this.#response.write(text);
  }

  end(text: string): void {
    this.#response.end(text);
  }

  problem(problem: Problem, body: string, contentType: string): void {
    if (problem.retryAfterSeconds !== undefined) this.#response.setHeader("retry-after", problem.retryAfterSeconds);
    this.#response.writeHead(problem.status, { "content-type": contentType });
    this.#response.end(body);
  }

  /** Destroys the connection after everything written so far is on its way. */
  cut(): void {
    this.#response.socket?.destroySoon();
  }
}
