import { constants } from "node:os";

export interface Interruption extends Disposable {
  /** Aborts on Ctrl-C or SIGTERM, and when nobody reads stdout any more (`llm-router ask … | head`). */
  readonly signal: AbortSignal;
  /** What the process then exits with: 128 + the signal's number. */
  readonly exitCode: number;
}

/** Turns the process's signals into an AbortSignal, so that a command can end in order. A second signal ends the process at once. */
export function catchInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode = 1;
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    exitCode = 128 + constants.signals[name];
    controller.abort();
  };
  const onPipeClosed = () => controller.abort();
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.stdout.on("error", onPipeClosed);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
