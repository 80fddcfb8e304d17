import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, type JobHandle, type Outcome, type PriorityClass, type Request, RouterError } from "@llm-router/client";
import { within } from "./within.ts";

/** A request of the demo and what became of it. */
export interface Entry {
  priority: PriorityClass;
  state: "open" | "completed" | "failed" | "refused" | "lost";
  /** Set once it is accepted. */
  job?: JobHandle;
  outcome?: Outcome;
  /** Of a refusal, or of an outcome that never came. */
  error?: unknown;
  /** When its caller was told, on the clock of the simulators' call logs (ms since 1970). */
  endedAt?: number;
}

/** The whole budget of a request, ms. */
const timeoutMs = 120_000;
/** Of 20 requests in a row. */
const mix: readonly PriorityClass[] = [
  ...Array.from({ length: 2 }, () => "CRITICAL" as const),
  ...Array.from({ length: 4 }, () => "HIGH" as const),
  ...Array.from({ length: 9 }, () => "NORMAL" as const),
  ...Array.from({ length: 5 }, () => "LOW" as const),
];
/** Goes through the mix in an order in which no class comes in a block; has no common divisor with 20. */
const stride = 7;

export function readPrompts(): string[] {
  const lines = readFileSync(new URL("./prompts.txt", import.meta.url), "utf8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

/** Sends requests, and keeps the book of them. */
export class Traffic {
  readonly entries: Entry[] = [];
  readonly #client: Client;
  readonly #prompts: readonly string[];
  readonly #watchers = new Set<() => void>();
  readonly #posted = new Map<Entry, Promise<void>>();
  #loops: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #next = 0;

  constructor(client: Client, prompts: readonly string[]) {
    this.#client = client;
    this.#prompts = prompts;
  }

  /** The next prompt of the file, in a class of the mix; at a temperature that keeps it out of the cache. */
  nextRequest(): Request {
    const n = this.#next++;
    return {
      prompt: this.#prompts[n % this.#prompts.length] ?? "",
      priority: mix[(n * stride) % mix.length] ?? "NORMAL",
      temperature: 0.7,
    };
  }

  /** Sends a request; stop() waits for its end, which may be a refusal. */
  post(request: Request): Entry {
    const entry: Entry = { priority: (request.priority ?? "NORMAL") as PriorityClass, state: "open" };
    this.entries.push(entry);
    const ended = this.#follow(entry, request);
    ended.catch(() => undefined); // stop() reports it
    this.#posted.set(entry, ended);
    return entry;
  }

  /** Sends a request and waits for its end. @throws only what is no RouterError. */
  async send(request: Request): Promise<Entry> {
    const entry = this.post(request);
    await this.#posted.get(entry);
    return entry;
  }

  async #follow(entry: Entry, request: Request): Promise<void> {
    try {
      entry.job = await this.#client.enqueue({ stream: false, timeoutMs, ...request });
    } catch (error) {
      if (!RouterError.is(error)) throw error;
      return this.#end(entry, "refused", error);
    }
    try {
      entry.outcome = await entry.job.outcome();
    } catch (error) {
      return this.#end(entry, "lost", error);
    }
    this.#end(entry, entry.outcome.state === "completed" ? "completed" : "failed");
  }

  #end(entry: Entry, state: Entry["state"], error?: unknown): void {
    Object.assign(entry, { state, error, endedAt: performance.timeOrigin + performance.now() });
    for (const watcher of this.#watchers) watcher();
  }

  /** Keeps so many requests under way until stop(). */
  start(atOnce: number): void {
    this.#loops = Promise.all(Array.from({ length: atOnce }, () => this.#loop()));
    this.#loops.catch(() => undefined); // stop() reports it
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      const { state, error } = await this.send(this.nextRequest());
      // A good producer comes back when it was told to.
      if (state === "refused" && RouterError.is(error)) await delay(Math.min(error.retryAfterMs ?? 100, 1_000));
    }
  }

  /** Lets the loops send no more, and waits for the end of all that was sent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loops;
    await Promise.all(this.#posted.values());
  }

  open(): Entry[] {
    return this.entries.filter(({ state, job }) => state === "open" && job !== undefined);
  }

  /** Waits until `isSo` after one of the ends to come. @throws Error naming `what` after a minute. */
  async waitUntil(what: string, isSo: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = () => void (isSo() && resolve());
    this.#watchers.add(watcher);
    watcher();
    try {
      await within(promise, what);
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}
