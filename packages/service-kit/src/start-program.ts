import { fileURLToPath } from "node:url";
import { spawnTied } from "./tied-process.ts";

export interface ProgramOptions {
  /** A script for this process's Node. */
  script: string | URL;
  args?: readonly string[];
  /** Added to this process's environment. No secrets: they are seen in the list of processes. */
  env?: Readonly<Record<string, string>>;
  /** The line that says that it can be used. */
  ready: RegExp;
  /** Each line of its output and its log. */
  onLine?: (line: string) => void;
  /** From SIGTERM to SIGKILL, ms (default 8,000). */
  endMs?: number;
}

/** A Node program of ours in a process of its own, which cannot outlive this one. */
export interface RunningProgram {
  readonly pid: number;
  /** What `ready` matched; never settles when the program ends before. */
  readonly ready: Promise<RegExpMatchArray>;
  /** Resolves when it has ended, with its last lines. */
  readonly ended: Promise<string>;
  /** SIGKILL; resolves when it is gone. */
  kill9: () => Promise<void>;
  /** SIGTERM, and SIGKILL if it takes too long. Safe to call twice. */
  stop: () => Promise<void>;
}

/** Its log, on stderr, is read like its stdout; `exec` keeps the pid. */
const joinOutputs = 'exec "$@" 2>&1';

/** Starts a program; who starts it waits for `ready` and for `ended`. @throws Error when no process can be started. */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const { script, args = [], env = {}, ready, onLine, endMs = 8_000 } = options;
  const { promise: whenReady, resolve } = Promise.withResolvers<RegExpMatchArray>();
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const file = script instanceof URL ? fileURLToPath(script) : script;
  const tied = await spawnTied("sh", ["-c", joinOutputs, "sh", "env", ...variables, process.execPath, file, ...args], (line) => {
    const match = line.match(ready);
    if (match) resolve(match);
    onLine?.(line);
  });
  async function end(signal: NodeJS.Signals): Promise<void> {
    tied.kill(signal);
    const hardStop = setTimeout(() => tied.kill("SIGKILL"), endMs);
    await tied.ended;
    clearTimeout(hardStop);
  }
  return { pid: tied.pid, ready: whenReady, ended: tied.ended, kill9: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}
