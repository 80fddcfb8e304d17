import { RouterError } from "@llm-router/contracts";
import { createLogger, runApp } from "@llm-router/service-kit";
import { parseGatewayEnv } from "./gateway-env.ts";
import { startGateway, type StartGatewayOptions } from "./start-gateway.ts";

/** Runs a gateway as the process's main, until SIGTERM or SIGINT; exits 0 after a clean shutdown, else 1. */
export async function runGateway(options: StartGatewayOptions = {}): Promise<void> {
  const logger = options.logger ?? createLogger({ name: "gateway" });
  let graceMs: number;
  try {
    const settings = parseGatewayEnv(options.env ?? process.env);
    graceMs = settings.SHUTDOWN_GRACE_MS;
    logger.level = settings.LOG_LEVEL;
  } catch (error) {
    logger.fatal(messageOf(error));
    process.exit(1);
  }
  await runApp({
    logger,
    // The gateway ends what is in hand by itself after `graceMs`; this is for closing what is left.
    graceMs: graceMs + 2_000,
    async start(app) {
      const gateway = await startGateway({ ...options, logger }).catch((error: unknown) => {
        throw RouterError.is(error) ? new Error(messageOf(error)) : error;
      });
      app.onShutdown("gateway", () => gateway.close());
    },
  });
}

/** One sentence with its code and what to do; where it was thrown is of no interest to who starts a gateway. */
function messageOf(error: unknown): string {
  if (!RouterError.is(error)) return String(error);
  return `${error.code}: ${error.message} ${error.fix}`;
}
