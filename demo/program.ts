import { type ProgramOptions, type RunningProgram, startProgram as start } from "@llm-router/service-kit";
import { within } from "./within.ts";

/** A Node process of the demo. It dies with the demo, however that ends. */
export interface Program extends AsyncDisposable, Pick<RunningProgram, "pid" | "kill9" | "stop"> {
  readonly name: string;
  /** What `ready` matched. */
  readonly ready: RegExpMatchArray;
}

const startTimeoutMs = 60_000;

/**
 * Starts a script under the Node that runs the demo and waits until it says that it is ready.
 * @param options.name For messages, such as `worker 1`.
 * @throws Error with what it said last when it ends instead.
 */
export async function startProgram({ name, ...options }: ProgramOptions & { name: string }): Promise<Program> {
  let complaint = "";
  const onLine = (line: string): void => {
    complaint = complaintIn(line) ?? complaint;
  };
  const { pid, ready, ended, kill9, stop } = await start({ ...options, onLine });
  try {
    const endedEarly = ended.then((lastLines) => {
      throw new Error(`${name} ended at once: ${complaint || lastLines}`);
    });
    const match = await within(Promise.race([ready, endedEarly]), `${name} is ready`, startTimeoutMs);
    endedEarly.catch(() => undefined); // from here on its end is no failure to start
    return { name, pid, ready: match, kill9, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await kill9();
    throw error;
  }
}

/** Of a worker's log: the message of an error line. */
function complaintIn(line: string): string | undefined {
  const [, level, message] = /^\{"level":(\d+),.*"msg":"((?:[^"\\]|\\.)*)"\}$/.exec(line) ?? [];
  return Number(level) >= 50 ? message : undefined;
}
