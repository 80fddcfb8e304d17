import { runProgram } from "@llm-router/service-kit";
import { parseGatewayEnv } from "./gateway-env.ts";
import { startGateway, type StartGatewayOptions } from "./start-gateway.ts";

/** For closing what the gateway has not ended by itself after SHUTDOWN_GRACE_MS, ms. */
const closingMs = 2_000;

/** Runs a gateway as the process's main, until SIGTERM or SIGINT; exits 0 after a clean shutdown, else 1. */
export async function runGateway(options: StartGatewayOptions = {}): Promise<void> {
  await runProgram({
    name: "gateway",
    logger: options.logger,
    readEnv: () => parseGatewayEnv(options.env ?? process.env),
    closingMs,
    async start(app, logger) {
      const gateway = await startGateway({ ...options, logger });
      app.onShutdown("gateway", () => gateway.close());
    },
  });
}
