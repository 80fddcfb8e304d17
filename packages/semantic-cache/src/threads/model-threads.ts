import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { createRunning, waitUntilNoneRuns } from "./running.ts";
import { type Description, type Job, stopped, type Task, type ThreadData, type WeightsFolders } from "./task.ts";

export interface ModelThreadsOptions extends WeightsFolders {
  /** How many; each takes about 250 MB (default 1). */
  threads?: number;
}

/** A run takes some tens of ms, loading some hundreds. */
const exitLimitMs = 3_000;

/** Beside this module, in the sources as in what is published. */
const threadFile = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

/**
 * The threads that embedder and verifier run in. They stay for the process's life: onnxruntime 1.14 aborts the process
 * when a thread ends while it runs, and cannot be loaded again after its last thread has ended. So it is loaded in the
 * main thread first, a run is never interrupted, and a thread that dies by itself is replaced.
 */
export class ModelThreads {
  readonly #pool: Piscina;
  /** What is under way, and how to say that nobody waits for it any more. */
  readonly #underWay = new Map<Int32Array, Promise<unknown>>();
  /** `process.exit()` ends the threads at once: what is in hand there is waited for, as at a close. */
  readonly #onExit: () => void;
  #closed: Promise<void> | undefined;

  private constructor(pool: Piscina, running: Int32Array) {
    this.#pool = pool;
    this.#onExit = () => {
      this.#stopAll();
      waitUntilNoneRuns(running, exitLimitMs);
    };
    process.on("exit", this.#onExit);
  }

  /** @throws Error when onnxruntime or the weights cannot be loaded. */
  static async start({
    embedder,
    verifier,
    threads = 1,
  }: ModelThreadsOptions): Promise<{ threads: ModelThreads; description: Description }> {
    await import("onnxruntime-node");
    const running = createRunning();
    const workerData: ThreadData = { embedder, verifier, running };
    const pool = new Piscina({ filename: threadFile.href, workerData, minThreads: threads, maxThreads: threads });
    // A thread that died between two tasks; by now it is replaced.
    pool.on("error", () => undefined);
    const started = new ModelThreads(pool, running);
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
    const running = this.#pool.run({ job, stop } satisfies Task);
    this.#underWay.set(stop, running);
    const ended = running.finally(() => {
      this.#underWay.delete(stop);
      signal?.removeEventListener("abort", onAbort);
    });
    const answer: unknown = await Promise.race([ended, aborted]);
    if (answer === stopped) throw new Error("the threads of the semantic cache were closed");
    return answer;
  }

  /** Lets runs in hand end and begins no other, then ends the threads. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#stopAll();
      await Promise.allSettled(this.#underWay.values());
      await this.#pool.destroy();
      process.off("exit", this.#onExit);
    })();
    return this.#closed;
  }

  #stopAll(): void {
    for (const stop of this.#underWay.keys()) Atomics.store(stop, 0, 1);
  }
}
