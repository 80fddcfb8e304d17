import { Socket } from "node:net";
import type { Redis } from "ioredis";
import type { Keys } from "@llm-router/contracts";
import { buildLibrary, type FunctionName } from "./library.ts";

export type ScriptReply = readonly unknown[];
export type ScriptArgument = string | number | Buffer;

/** A connection and the namespace that its functions work in. */
export interface QueueContext {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Calls a function of our library (`lua/`) with KEYS[1] = the namespace's hash tag. */
  run(name: FunctionName, args: readonly ScriptArgument[]): Promise<unknown>;
}

const library = buildLibrary();

/** Binds the functions to a connection. A Redis that does not know them yet is given the library, once. */
export function createQueueContext(redis: Redis, keys: Keys): QueueContext {
  return {
    redis,
    keys,
    async run(name, args) {
      const call = () => {
        gatherWrites(redis);
        return redis.fcall(library.functionOf(name), 1, keys.prefix, ...args);
      };
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("ERR Function not found"))) throw error;
        await loadLibrary(redis);
        return call();
      }
    },
  };
}

const gathering = new WeakSet<object>();

/**
 * Commands of one turn of the event loop leave in one write: mostly they come together, as the answers did that led to them, and a
 * write each would be the dearest part of them, here and in Redis. Each is still sent as it is, and nothing waits for another turn.
 */
export function gatherWrites(redis: Redis): void {
  const stream: unknown = redis.stream;
  if (!(stream instanceof Socket) || gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  process.nextTick(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}

async function loadLibrary(redis: Redis): Promise<void> {
  try {
    await redis.function("LOAD", library.text);
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && /already exists/.test(error.message))) throw error;
  }
}

/** A script's answer as a list. */
export function asList(reply: unknown): ScriptReply {
  if (!Array.isArray(reply)) throw new Error(`expected a list from Redis, got ${typeof reply}`);
  return reply;
}
