import type { Env } from "@llm-router/contracts";
import { parseEnv, programEnv } from "@llm-router/service-kit";
import { z } from "zod";

const flag = z
  .enum(["0", "1", "true", "false", ""])
  .default("0")
  .transform((value) => value === "1" || value === "true");

export const workerEnv = z.object({
  /** `redis://`, `rediss://` or `redis+sentinel://`. */
  REDIS_URL: z.string().min(1).default("redis://127.0.0.1:6379"),
  LLMR_NAMESPACE: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'is not a namespace (up to 64 letters, digits, ".", "_" and "-")')
    .default("llmr"),
  LLMR_DURABILITY: z.enum(["local", "fsync", "replicated"]).default("local"),
  /** Replace definitions that differ, instead of refusing to start. */
  LLMR_CONFIG_APPLY: flag,
  /** Names, by commas; unset: every model of the configuration. */
  WORKER_MODELS: z
    .string()
    .optional()
    .transform((text) =>
      text
        ?.split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ),
  /** Runs of this process at once; unset: no cap of its own. */
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).optional(),
  /** For /healthz, /readyz and /metrics; unset or 0: none. */
  WORKER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  WORKER_HOST: z.string().min(1).default("127.0.0.1"),
  ...programEnv.shape,
});
export type WorkerEnv = z.output<typeof workerEnv>;

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws {RouterError} CONFIG_INVALID naming every variable that is wrong.
 */
export function parseWorkerEnv(env: Env): WorkerEnv {
  return parseEnv(workerEnv, env);
}
