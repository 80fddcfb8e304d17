import { spawnTied } from "@llm-router/service-kit";
import { isRecord } from "@llm-router/contracts";

export interface ProgramOptions {
  /** For messages, such as `worker 1`. */
  name: string;
  /** A script for this process's Node. */
  script: string;
  args: readonly string[];
  /** Added to this process's environment. No secrets: they are seen in the list of processes. */
  env?: Record<string, string>;
  /** The line that says that it can be used. */
  ready: RegExp;
}

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

/** Starts a program and waits until it can be used. @throws Error with its last words when it ends before. */
export async function startProgram({ name, script, args, env = {}, ready }: ProgramOptions): Promise<Program> {
  const { promise: readyLine, resolve } = Promise.withResolvers<string>();
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  let said = "";
  const onLine = (line: string) => {
    if (ready.test(line)) return resolve(line);
    const words = wordsOf(line);
    if (words === undefined) return;
    said = words;
    console.error(`${name}: ${words}`);
  };
  // Its log, on stderr, is read like its stdout.
  const tied = await spawnTied("sh", ["-c", 'exec "$@" 2>&1', "sh", "env", ...variables, process.execPath, script, ...args], onLine);
  let ending = false;
  const failed = tied.ended.then(() =>
    ending ? new Promise<never>(() => undefined) : Promise.reject(new Error(`${name} ended: ${said}`)),
  );
  failed.catch(() => undefined); // whoever waits for it is told
  return {
    readyLine: await Promise.race([readyLine, failed]),
    failed,
    async [Symbol.asyncDispose]() {
      ending = true;
      tied.kill("SIGTERM");
      const timer = setTimeout(() => tied.kill("SIGKILL"), endMs);
      await tied.ended;
      clearTimeout(timer);
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
