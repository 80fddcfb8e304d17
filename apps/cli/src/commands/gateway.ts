import { keepHeapSmall } from "@llm-router/service-kit";
import { Command } from "commander";
import { environmentOf, type GlobalOptions } from "../global-options.ts";

interface GatewayCommandOptions extends GlobalOptions {
  config?: string;
  port?: string;
  host?: string;
}

export function gatewayCommand(): Command {
  return new Command("gateway")
    .description("serve OpenAI's and Ollama's APIs, jobs and the board over HTTP until SIGTERM or Ctrl-C")
    .option("-c, --config <file>", "configuration with `gateway` (default: LLMR_CONFIG, else ./llm-router.yaml, else ./llm-router.json)")
    .option("--port <port>", "default: PORT, else 8080")
    .option("--host <address>", "default: HOST, else 127.0.0.1; others need an API key")
    .action(async (_own: unknown, command: Command) => {
      const { config, port, host, ...globals } = command.optsWithGlobals<GatewayCommandOptions>();
      keepHeapSmall();
      const { runGateway } = await import("@llm-router/gateway");
      await runGateway({
        env: {
          ...environmentOf(globals, process.env),
          ...(config !== undefined && { LLMR_CONFIG: config }),
          ...(port !== undefined && { PORT: port }),
          ...(host !== undefined && { HOST: host }),
        },
      });
    });
}
