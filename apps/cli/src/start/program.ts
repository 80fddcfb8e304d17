import { type ProgramOptions, startProgram as start } from "@llm-router/service-kit";
import { isRecord } from "@llm-router/contracts";

/** A program of ours in a process of its own, which cannot outlive this one. Disposal ends it in order. */
export interface Program extends AsyncDisposable {
  readonly readyLine: string;
  /** Rejects when the program ends without being told to. */
  readonly failed: Promise<never>;
}

/** Longer than a worker's own grace period. */
const endMs = 35_000;
/** Of pino: what is at least a warning is shown. */
const warning = 40;

/**
 * Starts a program and waits until it can be used.
 * @param options.name For messages, such as `worker 1`.
 * @throws Error with its last words when it ends before.
 */
export async function startProgram({ name, ...options }: ProgramOptions & { name: string }): Promise<Program> {
  let said = "";
  const onLine = (line: string): void => {
    if (options.ready.test(line)) return;
    const words = wordsOf(line);
    if (words === undefined) return;
    said = words;
    console.error(`${name}: ${words}`);
  };
  const { ready, ended, stop } = await start({ ...options, onLine, endMs });
  let ending = false;
  const failed = ended.then(() => (ending ? new Promise<never>(() => undefined) : Promise.reject(new Error(`${name} ended: ${said}`))));
  failed.catch(() => undefined); // whoever waits for it is told
  const { input: readyLine = "" } = await Promise.race([ready, failed]);
  return {
    readyLine,
    failed,
    async [Symbol.asyncDispose]() {
      ending = true;
      await stop();
    },
  };
}

/** What a line of output has to say to a person: a warning or an error of a log, or text that is no log. */
function wordsOf(line: string): string | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (!isRecord(entry) || typeof entry["level"] !== "number" || entry["level"] < warning) return undefined;
  const { msg, model, err, health } = entry;
  const more = [err, health].map((part) => (isRecord(part) ? part["message"] : undefined));
  const texts = [model, msg, ...more].filter((part) => typeof part === "string");
  return [...new Set(texts)].join(": ");
}
