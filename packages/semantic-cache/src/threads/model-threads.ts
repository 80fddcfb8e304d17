import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { findAddon, giveTurn, holdAddon, type TurnRequest } from "./addon.ts";
import { closeGate, closeGateNow, createGate, type Gate } from "./gate.ts";
import { type Description, type Job, type Task, type ThreadData, type WeightsFolders } from "./task.ts";

export interface ModelThreadsOptions extends WeightsFolders {
  /** How many; each takes about 250 MB (default 1). */
  threads?: number;
}

/** A run takes some tens of ms, loading some hundreds. */
const exitLimitMs = 3_000;

/** Beside this module, in the sources as in what is published. */
const threadFile = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

/**
 * The threads that embedder and verifier run in. They stay until nobody needs them, and a thread that dies by itself is
 * replaced. onnxruntime 1.14 takes the process with it when a thread ends while it runs, so a run is never interrupted
 * (gate.ts), and when threads load it as they come, so they do it in turn (addon.ts).
 */
export class ModelThreads {
  readonly #pool: Piscina;
  readonly #gate: Gate;
  /** `process.exit()` ends the threads at once, so what runs is waited for there, too. */
  readonly #onExit: () => void;
  #closed: Promise<void> | undefined;

  private constructor(pool: Piscina, gate: Gate) {
    this.#pool = pool;
    this.#gate = gate;
    this.#onExit = () => closeGateNow(gate, exitLimitMs);
    process.on("exit", this.#onExit);
  }

  /** @throws Error when onnxruntime or the weights cannot be loaded. */
  static async start({
    embedder,
    verifier,
    threads = 1,
  }: ModelThreadsOptions): Promise<{ threads: ModelThreads; description: Description }> {
    const addon = findAddon();
    holdAddon(addon);
    const gate = createGate();
    const workerData: ThreadData = { embedder, verifier, gate, addon };
    const pool = new Piscina({
      filename: threadFile.href,
      workerData,
      // Without the program's own `--import` and the like, which are not for these threads.
      execArgv: [],
      minThreads: threads,
      maxThreads: threads,
      // The next one is there when one ends: a thread never waits for the main one to wake.
      concurrentTasksPerWorker: 2,
    });
    // A thread that died between two tasks; by now it is replaced.
    pool.on("error", () => undefined);
    const started = new ModelThreads(pool, gate);
    pool.on("message", (request: TurnRequest) => {
      if (!started.#closed) giveTurn(request, addon);
    });
    try {
      return { threads: started, description: (await started.run({ kind: "describe" })) as Description };
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  /** Those that are there now. */
  get threads(): readonly Worker[] {
    return this.#pool.threads;
  }

  /**
   * @param signal Ends the waiting at once. A run in hand goes on unheard; what has not begun is not begun.
   * @throws The signal's reason; Error when the threads were closed, the run failed, or its thread died.
   */
  async run(job: Job, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error("the threads of the semantic cache were closed");
    const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => {
      Atomics.store(stop, 0, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    // Not given to the pool, which would end the thread.
    const running = this.#pool.run({ job, stop } satisfies Task);
    const ended = running.finally(() => signal?.removeEventListener("abort", onAbort));
    return Promise.race([ended, aborted]);
  }

  /** Lets runs in hand end and begins no other, then ends the threads. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await closeGate(this.#gate);
      await this.#pool.destroy();
      process.off("exit", this.#onExit);
    })();
    return this.#closed;
  }
}
