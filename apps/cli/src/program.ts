import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { askCommand } from "./commands/ask.ts";
import { cacheCommand } from "./commands/cache.ts";
import { configCommand } from "./commands/config.ts";
import { deadCommand } from "./commands/dead.ts";
import { explainCommand } from "./commands/explain.ts";
import { gatewayCommand } from "./commands/gateway.ts";
import { keysCommand } from "./commands/keys.ts";
import { statusCommand } from "./commands/status.ts";
import { workerCommand } from "./commands/worker.ts";

/** The command line. A command's own libraries are loaded when it runs, so that `--help` is quick. */
export function createProgram(): Command {
  return new Command("llm-router")
    .description("A durable, distributed queue in front of language models.")
    .version(manifest.version)
    .option("--redis <url>", "address of Redis (default: REDIS_URL, else redis://127.0.0.1:6379)")
    .option("--namespace <name>", "namespace in Redis (default: LLMR_NAMESPACE, else llmr)")
    .addCommand(workerCommand())
    .addCommand(gatewayCommand())
    .addCommand(askCommand())
    .addCommand(statusCommand())
    .addCommand(explainCommand())
    .addCommand(deadCommand())
    .addCommand(cacheCommand())
    .addCommand(keysCommand())
    .addCommand(configCommand());
}
