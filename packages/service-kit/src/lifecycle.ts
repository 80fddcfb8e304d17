import { constants } from "node:os";
import type { Logger } from "./logger.ts";

/** Closes one part of an app. `hardStop` aborts when the grace period has passed: let go of what is still running. */
export type ShutdownStep = (hardStop: AbortSignal) => Promise<unknown> | void;

export interface AppContext {
  /** Registers how to close a part, in the order of building. Parts are closed in the reverse order: from the outside in. */
  onShutdown(name: string, step: ShutdownStep): void;
  /** Begins the shutdown from inside, with exit code 1 for an `error`. Later calls do nothing. */
  stop(reason: string, error?: unknown): void;
}

export interface RunAppOptions {
  logger: Logger;
  /** Time for all steps together before `hardStop` aborts, ms (default 25,000). The process exits at the latest `hardStopMs` after that. */
  graceMs?: number;
  /** From `hardStop` to a forced exit, ms (default 5,000). */
  hardStopMs?: number;
  start(app: AppContext): Promise<void> | void;
}

type State = "running" | "stopping";

/**
 * Runs an app as the process's main: starts it, and closes it once, in order, on SIGTERM, SIGINT, `stop()` or a failing start.
 * A second signal exits at once (128 + its number). Exit code 0 after a clean shutdown, else 1.
 */
export async function runApp(options: RunAppOptions): Promise<void> {
  const { logger, graceMs = 25_000, hardStopMs = 5_000 } = options;
  const steps: { name: string; step: ShutdownStep }[] = [];
  const hardStop = new AbortController();
  let state: State = "running";

  async function shutDown(reason: string, exitCode: number): Promise<void> {
    if (state === "stopping") return;
    state = "stopping";
    logger.info({ reason }, "shutting down");
    let code = exitCode;
    // These timers also keep the process alive until its parts are closed; process.exit below ends them.
    setTimeout(() => hardStop.abort(new Error(`shutdown took longer than ${graceMs} ms`)), graceMs);
    setTimeout(() => {
      logger.error("shutdown did not end; exiting");
      process.exit(1);
    }, graceMs + hardStopMs);
    for (let last = steps.pop(); last; last = steps.pop()) {
      try {
        await last.step(hardStop.signal);
      } catch (error) {
        logger.error({ err: error, step: last.name }, "a part did not close cleanly");
        code = 1;
      }
    }
    logger.info("stopped");
    process.exit(code);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (state === "stopping") process.exit(128 + constants.signals[signal]);
      void shutDown(signal, 0);
    });
  }

  try {
    await options.start({
      onShutdown: (name, step) => steps.push({ name, step }),
      stop(reason, error) {
        if (error !== undefined) logger.error({ err: error }, reason);
        void shutDown(reason, error === undefined ? 0 : 1);
      },
    });
  } catch (error) {
    logger.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    await shutDown("start failed", 1);
  }
}
