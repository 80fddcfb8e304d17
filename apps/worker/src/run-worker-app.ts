import { RouterError } from "@llm-router/contracts";
import { createLogger, runApp } from "@llm-router/service-kit";
import { startWorkerApp, type WorkerAppOptions } from "./start-worker-app.ts";
import { parseWorkerEnv } from "./worker-env.ts";

/** Runs a worker as the process's main, until SIGTERM or SIGINT; exits 0 after a clean shutdown, else 1. */
export async function runWorkerApp(options: WorkerAppOptions = {}): Promise<void> {
  const logger = options.logger ?? createLogger({ name: "worker" });
  let graceMs: number;
  try {
    const settings = parseWorkerEnv(options.env ?? process.env);
    graceMs = settings.SHUTDOWN_GRACE_MS;
    logger.level = settings.LOG_LEVEL;
  } catch (error) {
    logger.fatal(messageOf(error));
    process.exit(1);
  }
  await runApp({
    logger,
    graceMs,
    async start(app) {
      // Idle connections to Redis let a process end; this one is to stay.
      const stayAlive = setInterval(() => undefined, 2_147_483_647);
      app.onShutdown("process", () => clearInterval(stayAlive));
      const worker = await startWorkerApp({ ...options, logger }).catch((error: unknown) => {
        throw RouterError.is(error) ? new Error(messageOf(error)) : error;
      });
      app.onShutdown("worker", () => worker.close());
    },
  });
}

/** One sentence with its code and what to do; where it was thrown is of no interest to who starts a worker. */
function messageOf(error: unknown): string {
  if (!RouterError.is(error)) return String(error);
  return `${error.code}: ${error.message} ${error.fix}`;
}
