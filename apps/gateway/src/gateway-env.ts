import type { Env } from "@llm-router/contracts";
import { parseEnv, programEnv } from "@llm-router/service-kit";
import { z } from "zod";

const gatewayEnv = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default("127.0.0.1"),
  ...programEnv.shape,
});
export type GatewayEnv = z.output<typeof gatewayEnv>;

/**
 * Reads the environment; an empty variable counts as unset. Redis's variables are the client's (REDIS_URL, LLMR_NAMESPACE, LLMR_DURABILITY).
 * @throws {RouterError} CONFIG_INVALID naming every variable that is wrong.
 */
export function parseGatewayEnv(env: Env): GatewayEnv {
  return parseEnv(gatewayEnv, env);
}
