import type { ProcessLine } from "./history.ts";
import { type Part, startPart } from "./part.ts";
import { Proxy } from "./proxy.ts";

export interface ProcessSlotOptions {
  name: string;
  role: "worker" | "gateway";
  redisPort: number;
  /** Its program, as users start it, and the line of its log that says that it is ready. */
  script: URL;
  readyLine: RegExp;
  /** Lines of its log that are findings: they are shown at once. */
  alarm?: RegExp;
  /** The environment of a start now, beside REDIS_URL. */
  env: () => Record<string, string>;
  note: (line: Omit<ProcessLine, "k" | "at">) => void;
  /** Its event loop was late, ms. */
  onLag: (ms: number, at: number) => void;
}

/** Long enough for a restarted process to find Redis again after any fault. */
const startTries = 5;

/** A worker or gateway process as users start it, behind a proxy of its own, and those that replace it. */
export class ProcessSlot implements AsyncDisposable {
  readonly name: string;
  readonly #options: ProcessSlotOptions;
  #proxy: Proxy | undefined;
  #part: Part | undefined;

  constructor(options: ProcessSlotOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get proxy(): Proxy {
    if (!this.#proxy) throw new Error(`${this.name} was not started`);
    return this.#proxy;
  }

  async start(): Promise<void> {
    this.#proxy ??= await Proxy.start(this.#options.redisPort);
    for (let tries = 1; ; tries++) {
      try {
        this.#part = await this.#startPart(this.#proxy.url);
        break;
      } catch (error) {
        // It could not reach Redis, which is away as part of the run: a supervisor would start it again.
        if (tries >= startTries) throw error;
      }
    }
    this.#note("started");
  }

  #startPart(url: string): Promise<Part> {
    const { script, readyLine, alarm, env, onLag } = this.#options;
    return startPart({
      script,
      env: { ...env(), REDIS_URL: url },
      program: { preload: new URL("service-preload.ts", import.meta.url), readyLine, alarm },
      onMessage: ({ lag, at }) => {
        if (typeof lag === "number") onLag(lag, Number(at));
      },
    });
  }

  async kill9(): Promise<void> {
    await this.#part?.kill9();
    this.#note("killed");
  }

  stop(): void {
    this.#part?.signal("SIGSTOP");
    this.#note("stopped");
  }

  continue(): void {
    this.#part?.signal("SIGCONT");
    this.#note("continued");
  }

  /** SIGTERM; resolves when it has ended by itself. */
  async terminate(): Promise<void> {
    await this.#part?.stop();
    this.#note("ended");
  }

  async remove(): Promise<void> {
    await this.terminate();
    await this.#proxy?.[Symbol.asyncDispose]();
  }

  #note(what: ProcessLine["what"]): void {
    this.#options.note({ name: this.name, role: this.#options.role, what });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part?.[Symbol.asyncDispose]();
    await this.#proxy?.[Symbol.asyncDispose]();
  }
}
