import { keepHeapSmall } from "@llm-router/service-kit";
import { Command } from "commander";
import { environmentOf, type GlobalOptions } from "../global-options.ts";

interface WorkerCommandOptions extends GlobalOptions {
  config?: string;
  models?: string;
  port?: string;
}

export function workerCommand(): Command {
  return new Command("worker")
    .description("serve the models of a configuration until SIGTERM or Ctrl-C")
    .option("-c, --config <file>", "configuration (default: LLMR_CONFIG, else ./llm-router.yaml, else ./llm-router.json)")
    .option("-m, --models <names>", "serve only these, by commas (default: WORKER_MODELS, else all)")
    .option("--port <port>", "for /healthz, /readyz and /metrics (default: WORKER_PORT, else none)")
    .action(async (_own: unknown, command: Command) => {
      const { config, models, port, ...globals } = command.optsWithGlobals<WorkerCommandOptions>();
      keepHeapSmall();
      const { runWorkerApp } = await import("@llm-router/worker");
      await runWorkerApp({
        env: {
          ...environmentOf(globals, process.env),
          ...(models !== undefined && { WORKER_MODELS: models }),
          ...(port !== undefined && { WORKER_PORT: port }),
        },
        ...(config !== undefined && { configPath: config }),
      });
    });
}
