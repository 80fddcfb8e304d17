import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type PartName =
  | "our-client"
  | "stock-client"
  | "our-worker"
  | "stock-worker"
  | "overload-client"
  | "model-worker"
  | "gateway"
  | "simulator"
  | "direct-onnx";

/** A process of a bench (a client, a worker), which ends with this one. */
export interface Part extends AsyncDisposable {
  readonly pid: number;
  /** Has it do something and gives its answer. @throws Error what it threw, or that it ended. */
  ask<T>(task: string, argument?: unknown): Promise<T>;
}

export type PartMessage = { ready: true } | { number: number; answer: unknown } | { number: number; error: string };

const closeMs = 10_000;

/** Starts `parts/<name>.ts` with `setup`, and waits until it is ready. Settings of the caller's environment do not reach it. */
export async function startPart(name: PartName, setup: unknown, execArgv: readonly string[] = []): Promise<Part> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(LLMR_|REDIS_URL$|WORKER_)/.test(key)));
  const file = fileURLToPath(new URL(`parts/${name}.ts`, import.meta.url));
  const child = fork(file, [JSON.stringify(setup)], { stdio: ["ignore", 2, 2, "ipc"], env, execArgv: [...execArgv] });
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<void>();
  child.on("message", (message: PartMessage) => {
    if ("ready" in message) return ready.resolve();
    const waiting = asked.get(message.number);
    asked.delete(message.number);
    if ("error" in message) waiting?.reject(new Error(`${name}: ${message.error}`));
    else waiting?.resolve(message.answer);
  });
  child.once("exit", (code, signal) => {
    const error = new Error(`${name} ended (${signal ?? `exit code ${code}`})`);
    ready.reject(error);
    for (const waiting of asked.values()) waiting.reject(error);
  });
  await ready.promise;
  let count = 0;
  return {
    pid: child.pid ?? 0,
    ask<T>(task: string, argument?: unknown): Promise<T> {
      const number = count++;
      const answer = Promise.withResolvers<unknown>();
      asked.set(number, answer);
      child.send({ number, task, argument });
      return answer.promise as Promise<T>;
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Parts close when their channel does, and are killed if that takes too long. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const hardStop = setTimeout(() => child.kill("SIGKILL"), closeMs);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(hardStop);
}
