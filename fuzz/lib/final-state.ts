import type { Attempt, Event, Outcome, Result } from "@llm-router/contracts";
import type { Redis } from "ioredis";
import type { KeyLine, RecordLine } from "./history.ts";
import type { LogFile } from "./log-file.ts";

const sizeCommands: Record<string, string> = { string: "STRLEN", list: "LLEN", zset: "ZCARD", set: "SCARD", hash: "HLEN", stream: "XLEN" };

/** Writes down every key, every record and the counters. */
export async function writeFinalState(redis: Redis, prefix: string, log: LogFile): Promise<void> {
  for await (const keys of redis.scanStream({ match: "*", count: 500 }) as AsyncIterable<string[]>) {
    const unique = [...new Set(keys)];
    for (const line of await describeKeys(redis, unique)) log.write(line);
    const records = unique.filter((key) => key.startsWith(`${prefix}:r:`));
    const fields = await Promise.all(records.map((key) => redis.hgetall(key)));
    for (const [i, key] of records.entries()) log.write(toRecord(key.slice(prefix.length + 3), fields[i] ?? {}));
  }
  log.write({ k: "stats", fields: await redis.hgetall(`${prefix}:stats`) });
}

async function describeKeys(redis: Redis, keys: readonly string[]): Promise<KeyLine[]> {
  return Promise.all(
    keys.map(async (key) => {
      const [type, ttl] = await Promise.all([redis.type(key), redis.pttl(key)]);
      const size = Number(await redis.call(sizeCommands[type] ?? "EXISTS", key).catch(() => 0)); // it may have expired meanwhile
      return { k: "key" as const, key, type, ttl, size };
    }),
  );
}

function toRecord(id: string, f: Record<string, string>): RecordLine {
  const plan = JSON.parse(f["p"] ?? "{}") as { cls: string; pri: number; mw: number; sm: string; tn?: string };
  const outcome = f["od"] === undefined ? undefined : (JSON.parse(f["od"]) as Outcome);
  const history = Object.entries(f)
    .filter(([field]) => /^h\d+$/.test(field))
    .map(([, body]) => JSON.parse(body) as Event)
    .toSorted((a, b) => a.seq - b.seq);
  return {
    k: "record",
    id,
    state: f["st"] ?? "",
    model: f["q"] ?? "",
    classRank: Number(plan.cls),
    priority: plan.pri,
    seq: Number(f["seq"]),
    epoch: Number(f["ep"] ?? 0),
    at: Number(f["at"]),
    deadline: Number(f["dl"]),
    maxWaitMs: plan.mw,
    streamed: plan.sm === "1",
    ...(plan.tn !== undefined && { tenant: plan.tn }),
    attempts: JSON.parse(`[${f["att"] ?? ""}]`) as Attempt[],
    history,
    ...(f["oa"] !== undefined && { settledAt: Number(f["oa"]) }),
    ...(outcome?.state === "completed" && answerOf(outcome.result)),
    ...(outcome && outcome.state !== "completed" && { code: outcome.error.code }),
  };
}

function answerOf({ content, modelUsed, coalesced, cached }: Result): Pick<RecordLine, "content" | "modelUsed" | "coalesced" | "cached"> {
  return { content, modelUsed, ...(coalesced && { coalesced }), ...(cached !== false && { cached }) };
}
