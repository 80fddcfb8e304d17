import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Keys } from "@llm-router/contracts";

/** The Lua scripts in `lua/`, by file name; each one's header lists its KEYS, ARGV and answer. */
export const scriptNames = [
  "append",
  "attach",
  "beat",
  "cache-put",
  "cancel",
  "define",
  "dispatch",
  "fetch",
  "finish",
  "move",
  "purge",
  "reap",
  "recover",
  "renew",
  "sweep",
] as const;
export type ScriptName = (typeof scriptNames)[number];

const folder = new URL("./lua/", import.meta.url);
const includeLine = /^--- @include (.+)$/m;

/** A script's text with its includes put in, in the order named. */
export function loadScript(name: string): string {
  const text = readFileSync(new URL(`${name}.lua`, folder), "utf8");
  return text.replace(includeLine, (_, names: string) =>
    names
      .split(",")
      .map((part) => readFileSync(new URL(`include/${part.trim()}.lua`, folder), "utf8"))
      .join("\n"),
  );
}

export type ScriptReply = readonly unknown[];
export type ScriptArgument = string | number;

/** A connection and the namespace that its scripts work in. */
export interface QueueContext {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Runs a script with KEYS[1] = the namespace's hash tag, and more keys where given. */
  run(name: ScriptName, args: readonly ScriptArgument[], keys?: readonly string[]): Promise<unknown>;
}

interface Script {
  text: string;
  sha: string;
}

function readScript(name: ScriptName): Script {
  const text = loadScript(name);
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/**
 * Binds the scripts to a connection. They go by their hash, and in full when Redis does not know it: not by ioredis's `defineCommand`,
 * which takes a script for known that was refused unread (a full Redis, a master without its replicas) and gives up on those after it.
 */
export function createQueueContext(redis: Redis, keys: Keys): QueueContext {
  const scripts = new Map(scriptNames.map((name) => [name, readScript(name)]));
  return {
    redis,
    keys,
    async run(name, args, more = []) {
      const script = scripts.get(name);
      if (!script) throw new Error(`no script named ${name}`);
      const keyCount = 1 + more.length;
      try {
        return await redis.evalsha(script.sha, keyCount, keys.prefix, ...more, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return redis.eval(script.text, keyCount, keys.prefix, ...more, ...args);
      }
    },
  };
}

/** A script's answer as a list. */
export function asList(reply: unknown): ScriptReply {
  if (!Array.isArray(reply)) throw new Error(`expected a list from Redis, got ${typeof reply}`);
  return reply;
}
