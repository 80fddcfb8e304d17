import { runProgram } from "@llm-router/service-kit";
import { startWorkerApp, type WorkerAppOptions } from "./start-worker-app.ts";
import { parseWorkerEnv } from "./worker-env.ts";

/** Runs a worker as the process's main, until SIGTERM or SIGINT; exits 0 after a clean shutdown, else 1. */
export async function runWorkerApp(options: WorkerAppOptions = {}): Promise<void> {
  await runProgram({
    name: "worker",
    logger: options.logger,
    readEnv: () => parseWorkerEnv(options.env ?? process.env),
    async start(app, logger) {
      // Idle connections to Redis let a process end; this one is to stay.
      const stayAlive = setInterval(() => undefined, 2_147_483_647);
      app.onShutdown("process", () => clearInterval(stayAlive));
      const worker = await startWorkerApp({ ...options, logger });
      app.onShutdown("worker", () => worker.close());
    },
  });
}
