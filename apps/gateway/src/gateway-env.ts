import { type Env, RouterError } from "@llm-router/contracts";
import { z } from "zod";

const gatewayEnv = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default("127.0.0.1"),
  /** How long answers in hand may take after SIGTERM, ms. */
  SHUTDOWN_GRACE_MS: z.coerce.number().int().positive().default(25_000),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});
export type GatewayEnv = z.output<typeof gatewayEnv>;

/**
 * Reads the environment; an empty variable counts as unset. Redis's variables are the client's (REDIS_URL, LLMR_NAMESPACE, LLMR_DURABILITY).
 * @throws {RouterError} CONFIG_INVALID naming every variable that is wrong.
 */
export function parseGatewayEnv(env: Env): GatewayEnv {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = gatewayEnv.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new RouterError("CONFIG_INVALID", `The environment is wrong: ${problems.join("; ")}.`);
}
