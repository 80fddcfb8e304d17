import {
  type ErrorCode,
  type JobData,
  type Outcome,
  type PriorityClass,
  priorityClasses,
  type Request,
  resolvePriority,
} from "@llm-router/contracts";
import type { RecordPlan } from "./dispatch.ts";
import { redisError } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";

/** A request that failed, kept with its prompt until it is replayed, purged or too old. */
export interface DeadLetter {
  id: string;
  model: string;
  class: PriorityClass;
  code: ErrorCode;
  message: string;
  tenant: string;
  /** Redis time, ms since the epoch. */
  acceptedAt: number;
  failedAt: number;
  /** The request that replayed it last. */
  replayedBy?: string;
}

export interface DeadLetterFilter {
  model?: string;
  /** A class name in any case. */
  class?: string;
  code?: string;
  tenant?: string;
}

const pageSize = 200;

/** Dead letters that match, newest first. */
export async function listDeadLetters(context: QueueContext, filter: DeadLetterFilter = {}, limit = 100): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for (let from = 0; found.length < limit; from += pageSize) {
    const ids = await context.redis.zrevrange(`${context.keys.prefix}:dead`, from, from + pageSize - 1).catch((error: unknown) => {
      throw redisError(error, "reading the dead letters");
    });
    const letters = await Promise.all(ids.map((id) => readDeadLetter(context, id)));
    found.push(...letters.filter((letter) => letter !== undefined).filter((letter) => matches(letter, filter)));
    if (ids.length < pageSize) break;
  }
  return found.slice(0, limit);
}

async function readDeadLetter(context: QueueContext, id: string): Promise<DeadLetter | undefined> {
  const [outcome, model, planJson, acceptedAt, failedAt, replayedBy] = await context.redis.hmget(
    context.keys.record(id),
    "od",
    "q",
    "p",
    "at",
    "oa",
    "rb",
  );
  if (!outcome) return undefined;
  const plan = JSON.parse(planJson ?? "{}") as RecordPlan;
  const parsed = JSON.parse(outcome) as Outcome;
  if (parsed.state === "completed") return undefined;
  return {
    id,
    model: model ?? "",
    class: priorityClasses[Number(plan.cls)] ?? "NORMAL",
    code: parsed.error.code,
    message: parsed.error.message,
    tenant: plan.tn,
    acceptedAt: Number(acceptedAt),
    failedAt: Number(failedAt),
    ...(replayedBy ? { replayedBy } : {}),
  };
}

function matches(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  return (
    (filter.model === undefined || letter.model === filter.model) &&
    (filter.class === undefined || letter.class === resolvePriority(filter.class).class) &&
    (filter.code === undefined || letter.code === filter.code) &&
    (filter.tenant === undefined || letter.tenant === filter.tenant)
  );
}

/** The request of a dead letter, as it was submitted. undefined when it is none, or its prompt is gone. */
export async function readDeadRequest(context: QueueContext, id: string): Promise<Request | undefined> {
  const { redis, keys } = context;
  if ((await redis.zscore(`${keys.prefix}:dead`, id)) === null) return undefined;
  const model = await redis.hget(keys.record(id), "q");
  const data = model === null ? null : await redis.hget(`${keys.queue(model)}:${id}`, "data");
  return data === null ? undefined : (JSON.parse(data) as JobData).request;
}

/** Forgets dead letters for good. Returns how many there were. */
export async function purgeDeadLetters(context: QueueContext, ids: readonly string[]): Promise<number> {
  let purged = 0;
  for (let from = 0; from < ids.length; from += pageSize) {
    purged += Number(
      await context.run("purge", ids.slice(from, from + pageSize)).catch((error: unknown) => {
        throw redisError(error, "purging dead letters");
      }),
    );
  }
  return purged;
}
