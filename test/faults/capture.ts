import { createKeys } from "@llm-router/contracts";
import type { RedisAccess } from "@llm-router/testkit";

/** All that Redis holds of one request, wherever it is. Times are those of the capture. */
export interface CapturedRequest {
  id: string;
  schemaVersion: number;
  /** When it was captured, ms on Redis's clock. */
  at: number;
  model: string;
  record: Record<string, string>;
  /** BullMQ's job, unless it is gone. */
  job: Record<string, string>;
  /** Score of each sorted set that it is in: parts of the queue's name, and `deadlines`. */
  scores: Record<string, number>;
}

const queueSets = ["prioritized", "due", "delayed", "completed", "failed"];
/** Fields of the record that are times, and would be over by now. */
const times = ["at", "dl", "qa", "oa", "ga"];

async function nowOf({ admin }: RedisAccess): Promise<number> {
  return Number((await admin.time())[0]) * 1_000;
}

export async function captureRequest(redis: RedisAccess, id: string): Promise<CapturedRequest> {
  const { admin, namespace } = redis;
  const keys = createKeys(namespace);
  const record = await admin.hgetall(keys.record(id));
  const model = record["q"] ?? "";
  const sets = { ...Object.fromEntries(queueSets.map((part) => [part, `${keys.queue(model)}:${part}`])), deadlines: keys.deadlines };
  const scores = await Promise.all(Object.entries(sets).map(async ([part, key]) => [part, await admin.zscore(key, id)] as const));
  return {
    id,
    schemaVersion: Number(await admin.hget(keys.config, "schemaVersion")),
    at: await nowOf(redis),
    model,
    record,
    job: await admin.hgetall(`${keys.queue(model)}:${id}`),
    scores: Object.fromEntries(scores.flatMap(([part, score]) => (score === null ? [] : [[part, Number(score)]]))),
  };
}

/** Puts a captured request into a namespace as it was, its times moved to now. */
export async function restoreRequest(redis: RedisAccess, captured: CapturedRequest): Promise<void> {
  const { admin, namespace } = redis;
  const keys = createKeys(namespace);
  const queue = keys.queue(captured.model);
  const passed = (await nowOf(redis)) - captured.at;
  const moved = (field: string, value: string) => (times.includes(field) ? String(Number(value) + passed) : value);
  const record = Object.entries(captured.record).map(([field, value]) => [field, moved(field, value)] as const);
  await admin.hset(keys.record(captured.id), Object.fromEntries(record));
  if (Object.keys(captured.job).length > 0) await admin.hset(`${queue}:${captured.id}`, captured.job);
  for (const [part, score] of Object.entries(captured.scores)) {
    if (part === "deadlines") await admin.zadd(keys.deadlines, score + passed, captured.id);
    else if (part === "due" || part === "completed" || part === "failed") await admin.zadd(`${queue}:${part}`, score + passed, captured.id);
    else await admin.zadd(`${queue}:${part}`, score, captured.id);
  }
}
