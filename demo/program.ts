import { fileURLToPath } from "node:url";
import { spawnTied } from "@llm-router/service-kit";
import { within } from "./within.ts";

export interface ProgramOptions {
  /** For messages, such as `worker 1`. */
  name: string;
  script: URL;
  args?: readonly string[];
  /** Added to the environment. It can be read by other users in the list of processes: no secrets. */
  env?: Readonly<Record<string, string>>;
  /** The line that says that it is ready. */
  ready: RegExp;
}

/** A Node process of the demo. It dies with the demo, however that ends. */
export interface Program extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** What `ready` matched. */
  readonly ready: RegExpMatchArray;
  /** SIGKILL; resolves when it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM, and SIGKILL if it takes too long. Safe to call twice. */
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 8_000;
/** Both outputs as one; `exec` keeps the pid. */
const joinOutputs = 'exec "$@" 2>&1';

/**
 * Starts a script under the Node that runs the demo and waits until it says that it is ready.
 * @throws Error with what it said last when it ends instead.
 */
export async function startProgram({ name, script, args = [], env = {}, ready }: ProgramOptions): Promise<Program> {
  const { promise: whenReady, resolve } = Promise.withResolvers<RegExpMatchArray>();
  let complaint = "";
  const assignments = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const command = ["-c", joinOutputs, "sh", "env", ...assignments, process.execPath, fileURLToPath(script), ...args];
  const child = await spawnTied("sh", command, (line) => {
    const match = line.match(ready);
    if (match) resolve(match);
    complaint = complaintIn(line) ?? complaint;
  });

  async function end(signal: NodeJS.Signals): Promise<void> {
    child.kill(signal);
    const hardStop = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await child.ended;
    clearTimeout(hardStop);
  }
  const stop = () => end("SIGTERM");

  try {
    const endedEarly = child.ended.then((lastLines) => {
      throw new Error(`${name} ended at once: ${complaint || lastLines}`);
    });
    const match = await within(Promise.race([whenReady, endedEarly]), `${name} is ready`, startTimeoutMs);
    endedEarly.catch(() => undefined); // from here on its end is no failure to start
    return { name, pid: child.pid, ready: match, kill9: () => end("SIGKILL"), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
}

/** Of a worker's log: the message of an error line. */
function complaintIn(line: string): string | undefined {
  const [, level, message] = /^\{"level":(\d+),.*"msg":"((?:[^"\\]|\\.)*)"\}$/.exec(line) ?? [];
  return Number(level) >= 50 ? message : undefined;
}
