import { appendFileSync } from "node:fs";
import type { ProcessLine } from "./history.ts";
import { type Part, startPart } from "./part.ts";
import { Proxy } from "./proxy.ts";

export interface ProducerSlotOptions {
  slot: number;
  seed: number;
  lanes: number;
  namespace: string;
  redisPort: number;
  gatewayPorts: readonly number[];
  logPath: string;
  note: (line: Omit<ProcessLine, "k" | "at">) => void;
  /** Something that another producer is to do. */
  hand: (message: object) => void;
}

/** Steps between a producer and the one that replaces it. */
const stepsPerLife = 100_000;

/** A producer process and those that replace it when it is killed. */
export class ProducerSlot implements AsyncDisposable {
  readonly #options: ProducerSlotOptions;
  #proxy: Proxy | undefined;
  #part: Part | undefined;
  #life = 0;
  #drained = Promise.withResolvers<void>();
  #reported = Promise.withResolvers<void>();

  constructor(options: ProducerSlotOptions) {
    this.#options = options;
  }

  get name(): string {
    return `p${this.#options.slot}.${this.#life}`;
  }

  get logPath(): string {
    return this.#options.logPath;
  }

  get proxy(): Proxy {
    if (!this.#proxy) throw new Error(`${this.name} was not started`);
    return this.#proxy;
  }

  async start(): Promise<void> {
    const { slot, seed, lanes, namespace, redisPort, gatewayPorts, logPath, note, hand } = this.#options;
    this.#proxy ??= await Proxy.start(redisPort);
    this.#life += 1;
    const name = this.name;
    this.#part = await startPart({
      script: new URL("../producer.ts", import.meta.url),
      env: {
        FUZZ_NAME: name,
        FUZZ_LOG: logPath,
        FUZZ_SEED: String(seed),
        FUZZ_SLOT: String(slot),
        FUZZ_FROM: String((this.#life - 1) * stepsPerLife),
        FUZZ_LANES: String(lanes),
        FUZZ_GATEWAYS: gatewayPorts.join(),
        REDIS_URL: this.#proxy.url,
        LLMR_NAMESPACE: namespace,
      },
      onMessage: (message) => {
        if (message["drained"]) this.#drained.resolve();
        else if (message["reported"]) this.#reported.resolve();
        else if (typeof message["hand"] === "string") hand({ do: message["hand"], id: message["id"], gateway: message["gateway"] });
      },
    });
    note({ name, role: "producer", what: "started" });
  }

  send(message: object): void {
    this.#part?.send(message);
  }

  async kill9(): Promise<void> {
    await this.#part?.kill9();
    // A line that the kill cut short must not run into the next one.
    appendFileSync(this.logPath, "\n");
    this.#options.note({ name: this.name, role: "producer", what: "killed" });
  }

  stop(): void {
    this.#part?.signal("SIGSTOP");
    this.#options.note({ name: this.name, role: "producer", what: "stopped" });
  }

  continue(): void {
    this.#part?.signal("SIGCONT");
    this.#options.note({ name: this.name, role: "producer", what: "continued" });
  }

  /** Tells it to submit nothing more; resolves when all that it submitted is answered. */
  drain(): Promise<void> {
    this.send({ do: "drain" });
    return this.#drained.promise;
  }

  /** Has it write down what it still waits for. */
  report(): Promise<void> {
    this.send({ do: "report" });
    return this.#reported.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part?.[Symbol.asyncDispose]();
    await this.#proxy?.[Symbol.asyncDispose]();
  }
}
