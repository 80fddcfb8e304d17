import { type Env, RouterError } from "@llm-router/contracts";
import { z } from "zod";

/** What the environment tells every program of ours. */
export const programEnv = z.object({
  /** How long work in hand may take after SIGTERM, ms. */
  SHUTDOWN_GRACE_MS: z.coerce.number().int().positive().default(25_000),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});
export type ProgramEnv = z.output<typeof programEnv>;

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws {RouterError} CONFIG_INVALID naming every variable that is wrong.
 */
export function parseEnv<Schema extends z.ZodType>(schema: Schema, env: Env): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new RouterError("CONFIG_INVALID", `The environment is wrong: ${problems.join("; ")}.`);
}
