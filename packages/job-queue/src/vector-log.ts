import type { LoggedVector, StoredVector, VectorChange, VectorLog } from "@llm-router/contracts";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { redisError, whenReady } from "./redis.ts";
import { asList, type QueueContext } from "./scripts.ts";
import { decodeVector, encodeVector } from "./vector-record.ts";

export interface VectorLogOptions {
  context: QueueContext;
  /** A connection of its own, of the role `blocking`: it waits for changes. Closed with the log. */
  blocking: Redis;
}

/** Vectors that one script takes: a script of so many holds Redis for about a millisecond. */
const batchSize = 100;
/** Of HSCAN, about so many vectors at once: who takes them in stands still for some ms at most. */
const scanCount = 100;
const blockMs = 5_000;
const retryMs = 200;
/** Before the first change. */
const none = "0-0";

/** Keeps in Redis which vector belongs to which answer, and tells what changes. */
export function createVectorLog({ context, blocking }: VectorLogOptions): VectorLog {
  const { redis, keys } = context;
  const partitionKey = (partition: string) => `${keys.prefix}:xv:${partition}`;
  const stream = `${keys.prefix}:xl`;
  const closing = new AbortController();
  let following: Promise<void> | undefined;

  const reconnect = () => {
    if (blocking.status === "ready") blocking.disconnect(true);
  };

  async function put(points: readonly LoggedVector[], keep: boolean): Promise<number[]> {
    const expiries = points.map(() => 0);
    const byPartition = Map.groupBy(points.entries(), ([, { partition }]) => partition);
    for (const [partition, members] of byPartition) {
      for (let from = 0; from < members.length; from += batchSize) {
        const part = members.slice(from, from + batchSize);
        const args = part.flatMap(([, point]) => [point.entry, point.id, keep ? encodeVector(point) : ""]);
        const reply = asList(await context.run("cache-vector", [partition, ...args]));
        for (const [i, [index]] of part.entries()) expiries[index] = Number(reply[i]);
      }
    }
    return expiries;
  }

  async function unbind(ids: readonly string[]): Promise<number> {
    let unbound = 0;
    for (let from = 0; from < ids.length; from += batchSize) {
      unbound += Number(await context.run("cache-unbind", ids.slice(from, from + batchSize)));
    }
    return unbound;
  }

  /** Reads changes from `last` on until the connection breaks. */
  async function readFrom(start: string, listener: (changes: readonly VectorChange[]) => void): Promise<void> {
    let last = start;
    while (!closing.signal.aborted) {
      const reply = await blocking.xread("COUNT", 500, "BLOCK", blockMs, "STREAMS", stream, last);
      const entries = reply?.[0]?.[1] ?? [];
      const changes: VectorChange[] = [];
      for (const [id, fields] of entries) {
        const change = parseChange(fields);
        // The change before this one was trimmed unread, or Redis lost it.
        if (change.before !== (last === none ? "" : last)) changes.push({ kind: "reset" });
        changes.push({ kind: change.kind, partition: change.partition, id: change.id });
        last = id;
      }
      if (changes.length > 0) listener(changes);
    }
  }

  async function lastChange(): Promise<string> {
    const [entry] = await blocking.xrevrange(stream, "+", "-", "COUNT", 1);
    return entry?.[0] ?? none;
  }

  async function followForEver(first: string, listener: (changes: readonly VectorChange[]) => void): Promise<void> {
    let start = first;
    while (!closing.signal.aborted) {
      try {
        await readFrom(start, listener);
      } catch {
        // Redis is away, or was replaced by one that knows less: nothing that was read before can be trusted.
        start = await resume(listener);
      }
    }
  }

  async function resume(listener: (changes: readonly VectorChange[]) => void): Promise<string> {
    for (;;) {
      if (closing.signal.aborted) return none;
      try {
        await whenReady(blocking, retryMs, closing.signal);
        const start = await lastChange();
        listener([{ kind: "reset" }]);
        return start;
      } catch {
        // Still away. The close cuts the waiting short.
        await delay(retryMs, undefined, { ref: false, signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  return {
    put: (points, { keep }) => reported("keeping vectors", put(points, keep)),
    async load(partition, onBatch) {
      let cursor = "0";
      do {
        const [next, fields] = await reported("loading vectors", redis.hscanBuffer(partitionKey(partition), cursor, "COUNT", scanCount));
        cursor = next.toString();
        const points: StoredVector[] = [];
        for (let i = 0; i + 1 < fields.length; i += 2) points.push(decodeVector(partition, fields[i], fields[i + 1]));
        if (points.length > 0) onBatch(points);
      } while (cursor !== "0");
    },
    async read(partition, ids) {
      if (ids.length === 0) return [];
      const found = await reported("reading vectors", redis.hmgetBuffer(partitionKey(partition), ...ids));
      return found.map((value, i) => (value === null ? undefined : decodeVector(partition, ids[i], value)));
    },
    delete: (ids) => reported("deleting vectors", unbind(ids)),
    async clear() {
      const ids: string[] = [];
      for await (const fields of redis.hscanStream(`${keys.prefix}:xi`, { match: "v:*", count: 1_000 }) as AsyncIterable<string[]>) {
        for (let i = 0; i < fields.length; i += 2) ids.push(String(fields[i]).slice(2));
      }
      await reported("deleting vectors", unbind(ids));
    },
    async follow(listener) {
      if (following) throw new Error("this log is followed already");
      await whenReady(blocking, blockMs, closing.signal);
      // A connection that died silently is found out by commands. The one that only waits would not notice.
      redis.on("close", reconnect);
      following = followForEver(await lastChange(), listener);
    },
    async close() {
      closing.abort();
      redis.off("close", reconnect);
      blocking.disconnect();
      await following;
    },
  };
}

function parseChange(fields: string[]): { kind: "put" | "delete"; partition: string; id: string; before: string } {
  const value = (name: string) => fields[fields.indexOf(name) + 1] ?? "";
  return { kind: value("k") === "put" ? "put" : "delete", partition: value("p"), id: value("v"), before: value("b") };
}

async function reported<T>(doing: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw redisError(error, doing);
  });
}
