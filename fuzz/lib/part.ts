import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface PartOptions {
  script: URL;
  env: Record<string, string>;
  /** For a program that knows nothing of the run: what is loaded before it, and the line of its log that says that it is ready, and those that are shown at once. Others send `{ ready: true }`. */
  program?: { preload: URL; readyLine: RegExp; alarm?: RegExp | undefined };
  onMessage?: (message: Record<string, unknown>) => void;
  /** A process that was told to end and is still there after so long, ms, is a finding (default 45,000). */
  endLimitMs?: number;
}

/** A child process of a run that ends with this one, and talks to it. */
export interface Part extends AsyncDisposable {
  readonly pid: number;
  send(message: object): void;
  signal(name: NodeJS.Signals): void;
  kill9(): Promise<void>;
  /** SIGTERM; resolves when it has ended by itself. @throws Error with its last lines when it does not. */
  stop(): Promise<void>;
}

const keptLines = 20;
/** Ours end within their grace period and 5 s; this leaves room for a busy machine. */
const defaultEndLimitMs = 45_000;

const running = new Set<ChildProcess>();
// A process that is stopped by a fault cannot see that the run was ended.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a script and waits until it is ready. @throws Error with its last lines when it ends first. */
export async function startPart({ script, env, program, onMessage, endLimitMs = defaultEndLimitMs }: PartOptions): Promise<Part> {
  const execArgv = program ? ["--import", program.preload.href] : [];
  const child = fork(script, { stdio: ["ignore", 2, "pipe", "ipc"], env: { ...cleanEnv(), ...env }, execArgv });
  const ready = Promise.withResolvers<void>();
  const lastLines: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on("line", (line) => {
      if (program?.alarm?.test(line)) process.stderr.write(`${line}\n`);
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      if (program?.readyLine.test(line)) ready.resolve();
    });
  }
  child.on("message", (message: Record<string, unknown>) => {
    if (message["ready"] === true) ready.resolve();
    else onMessage?.(message);
  });
  const exited = once(child, "exit");
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("exit", (code, signal) => {
    ready.reject(new Error(`${script.pathname} ended (${String(signal ?? code)}): ${lastLines.join("\n")}`));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isRunning(child)) child.kill(signal);
    await exited;
  };
  const stop = async (): Promise<void> => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`${script.pathname} (pid ${child.pid}) did not end within ${endLimitMs} ms of SIGTERM: ${lastLines.join("\n")}`));
    }, endLimitMs);
    await Promise.race([end("SIGTERM"), late]);
    clearTimeout(timer);
  };
  await ready.promise;
  return {
    pid: child.pid ?? 0,
    send: (message) => void (child.connected && child.send(message)),
    signal: (name) => void child.kill(name),
    kill9: () => end("SIGKILL"),
    stop,
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

/** This process's environment without what would point a part to another Redis or configuration. */
function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(LLMR_|WORKER_|REDIS_URL$|NODE_OPTIONS$|VITEST|LOG_LEVEL$)/.test(name)),
  );
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
