import { RouterError } from "@llm-router/contracts";
import type { ProgramEnv } from "./environment.ts";
import { type AppContext, runApp } from "./lifecycle.ts";
import { createLogger, type Logger } from "./logger.ts";

export interface RunProgramOptions {
  /** The part of the system that speaks, such as `worker`. */
  name: string;
  /** Default: one JSON object a line on stderr. */
  logger?: Logger | undefined;
  /** @throws {RouterError} CONFIG_INVALID. */
  readEnv: () => ProgramEnv;
  /** Time for closing what is left when SHUTDOWN_GRACE_MS is over, where a part keeps to that by itself, ms (default 0). */
  closingMs?: number;
  start: (app: AppContext, logger: Logger) => Promise<void>;
}

/**
 * Runs a gateway or a worker as the process's main, until SIGTERM or SIGINT; exits 0 after a clean shutdown, else 1. What is wrong
 * with its settings is said in one line.
 */
export async function runProgram({
  name,
  logger = createLogger({ name }),
  readEnv,
  closingMs = 0,
  start,
}: RunProgramOptions): Promise<void> {
  let graceMs: number;
  try {
    const { SHUTDOWN_GRACE_MS, LOG_LEVEL } = readEnv();
    graceMs = SHUTDOWN_GRACE_MS + closingMs;
    logger.level = LOG_LEVEL;
  } catch (error) {
    logger.fatal(messageOf(error));
    process.exit(1);
  }
  await runApp({
    logger,
    graceMs,
    start: (app) =>
      start(app, logger).catch((error: unknown) => {
        throw RouterError.is(error) ? new Error(messageOf(error)) : error;
      }),
  });
}

/** One sentence with its code and what to do; where it was thrown is of no interest to who starts a program. */
function messageOf(error: unknown): string {
  if (!RouterError.is(error)) return String(error);
  return `${error.code}: ${error.message} ${error.fix}`;
}
