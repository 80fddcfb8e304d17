import { randomBytes } from "node:crypto";
import { nearest, RouterError } from "@llm-router/contracts";
import { connect } from "./connect.ts";
import type { WorkerHandle, WorkerOptions } from "./options.ts";
import { RunningWorker } from "./running-worker.ts";

/**
 * Joins a namespace as a worker: connects, defines what the configuration says, announces itself, and takes jobs.
 * @throws {RouterError} REDIS_UNAVAILABLE, REDIS_POLICY, SCHEMA_MISMATCH; CONFIG_INVALID for a model or secret that is not
 * there; CONFIG_CONFLICT naming what another process defines differently. Nothing keeps running then.
 */
export async function startWorker(options: WorkerOptions): Promise<WorkerHandle> {
  const models = selectModels(options);
  const context = await connect({
    target: options.redis,
    namespace: options.namespace,
    durability: options.durability ?? "local",
    timeoutMs: options.connectTimeoutMs ?? 10_000,
    logger: options.logger,
  });
  const worker = new RunningWorker(options, context, options.workerId ?? `w${randomBytes(6).toString("hex")}`);
  try {
    await worker.start(models);
    return worker;
  } catch (error) {
    await worker.close({ graceMs: 0 });
    throw error;
  }
}

function selectModels({ config, models }: WorkerOptions): readonly string[] {
  const known = Object.keys(config.models);
  if (!models) return known;
  const unknown = models.filter((name) => !known.includes(name));
  if (unknown.length === 0) return models;
  const hints = unknown.map((name) => {
    const near = nearest(name, known);
    return near ? `"${name}" (did you mean "${near}"?)` : `"${name}"`;
  });
  throw new RouterError(
    "CONFIG_INVALID",
    `WORKER_MODELS names ${hints.join(", ")}, not under models (${known.join(", ") || "none are defined"}).`,
  );
}
