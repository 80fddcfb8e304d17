import type { ControlInput } from "@llm-router/simulator";
import type { ProcessLine } from "./history.ts";
import { healthy, modelOf, type SimulatorName } from "./models.ts";
import { type Part, startPart } from "./part.ts";

export interface ModelServerOptions {
  name: SimulatorName;
  port: number;
  controlPort: number;
  logPath: string;
  note: (line: Omit<ProcessLine, "k" | "at">) => void;
}

/** A simulator in a process of its own, which comes back on the same ports after it was killed. */
export class ModelServer implements AsyncDisposable {
  readonly #options: ModelServerOptions;
  #part: Part | undefined;

  constructor(options: ModelServerOptions) {
    this.#options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  get model(): string {
    return modelOf[this.#options.name];
  }

  get logPath(): string {
    return this.#options.logPath;
  }

  async start(): Promise<void> {
    const { name, port, controlPort, logPath, note } = this.#options;
    this.#part = await startPart({
      script: new URL("../simulator.ts", import.meta.url),
      env: {
        FUZZ_NAME: name,
        FUZZ_LOG: logPath,
        FUZZ_PORT: String(port),
        FUZZ_CONTROL_PORT: String(controlPort),
        FUZZ_BEHAVIOUR: JSON.stringify({ ...healthy, models: [this.model] }),
      },
    });
    note({ name, role: "simulator", what: "started" });
  }

  async control(patch: ControlInput): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.#options.controlPort}/control`, { method: "POST", body: JSON.stringify(patch) });
    if (!response.ok) throw new Error(`simulator ${this.#options.name}: ${await response.text()}`);
  }

  async kill9(): Promise<void> {
    await this.#part?.kill9();
    this.#options.note({ name: this.#options.name, role: "simulator", what: "killed" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part?.[Symbol.asyncDispose]();
  }
}
