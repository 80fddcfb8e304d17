import type { ProcessLine } from "./history.ts";
import { type Part, startPart } from "./part.ts";
import { Proxy } from "./proxy.ts";

export interface WorkerSlotOptions {
  name: string;
  namespace: string;
  redisPort: number;
  /** The configuration that a start takes now. */
  configPath: () => string;
  note: (line: Omit<ProcessLine, "k" | "at">) => void;
  /** Its event loop was late, ms. */
  onLag: (ms: number, at: number) => void;
}

const workerMain = new URL("../../apps/worker/src/main.ts", import.meta.url);
/** Long enough for a restarted worker to find Redis again after any fault. */
const startTries = 5;

/** A worker process as users start it, and those that replace it. */
export class WorkerSlot implements AsyncDisposable {
  readonly name: string;
  readonly #options: WorkerSlotOptions;
  #proxy: Proxy | undefined;
  #part: Part | undefined;

  constructor(options: WorkerSlotOptions) {
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
    const { namespace, configPath, onLag } = this.#options;
    return startPart({
      script: workerMain,
      env: {
        REDIS_URL: url,
        LLMR_NAMESPACE: namespace,
        LLMR_CONFIG: configPath(),
        LLMR_CONFIG_APPLY: "1",
        SHUTDOWN_GRACE_MS: "1500",
        FUZZ_KEY: "not-a-secret",
      },
      program: { preload: new URL("worker-preload.ts", import.meta.url), readyLine: /worker ready/ },
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
    this.#options.note({ name: this.name, role: "worker", what });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part?.[Symbol.asyncDispose]();
    await this.#proxy?.[Symbol.asyncDispose]();
  }
}
