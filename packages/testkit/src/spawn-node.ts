import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { LineLog } from "./line-log.ts";

// Ends the process when the test's process is gone, however that ended: the channel between them closes.
const endWithParent = `data:text/javascript,${encodeURIComponent("process.on('disconnect', () => process.exit(1)); process.channel.unref();")}`;

export interface SpawnNodeOptions {
  args?: readonly string[];
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Flags for Node itself, before the script. */
  execArgv?: readonly string[];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A Node process of a test. `await using` kills it, and it does not outlive the test's own process. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** The first line of stdout or stderr, already written or to come, that matches. Rejects, with the output so far, after `timeoutMs` (default 45,000) or when the process ends first. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Lines of stdout so far. */
  stdout(): string[];
  /** Lines of stderr so far. */
  stderr(): string[];
  /** Sends a signal (SIGSTOP, SIGCONT, SIGTERM, …) and waits for nothing. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill9(): Promise<Exit>;
  /** SIGTERM; resolves when it has ended by itself. */
  stop(): Promise<Exit>;
}

/** Runs a script (path or file URL) under the Node that runs the tests. */
export function spawnNode(script: string | URL, options: SpawnNodeOptions = {}): NodeProcess {
  const file = script instanceof URL ? fileURLToPath(script) : script;
  const child = spawn(process.execPath, ["--import", endWithParent, ...(options.execArgv ?? []), file, ...(options.args ?? [])], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }) as ChildProcessByStdio<null, Readable, Readable>; // the types know three descriptors only
  const log = new LineLog(file);
  createInterface(child.stdout).on("line", (line) => log.add("stdout", line));
  createInterface(child.stderr).on("line", (line) => log.add("stderr", line));
  // "close" comes after the last line of output has been read.
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => log.end(error.message));
    child.once("close", (code, signal) => {
      log.end(`ended with ${signal ?? `code ${code}`}`);
      resolve({ code, signal });
    });
  });
  function end(signal: NodeJS.Signals): Promise<Exit> {
    child.kill(signal);
    return exited;
  }
  return {
    pid: child.pid ?? 0,
    exited,
    waitForLine: (pattern, timeoutMs = 45_000) => log.waitFor(pattern, timeoutMs),
    stdout: () => log.lines("stdout"),
    stderr: () => log.lines("stderr"),
    signal: (name) => child.kill(name),
    kill9: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}
