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

type Command = (keyCount: number, ...args: ScriptArgument[]) => Promise<unknown>;

/** Registers the scripts on a connection (EVALSHA, with the text sent again where Redis lost it). */
export function createQueueContext(redis: Redis, keys: Keys): QueueContext {
  const commands = new Map<ScriptName, Command>();
  for (const name of scriptNames) {
    const command = `llmr:${name}`;
    redis.defineCommand(command, { lua: loadScript(name) });
    const call: unknown = Reflect.get(redis, command);
    commands.set(name, (call as Command).bind(redis));
  }
  return {
    redis,
    keys,
    run(name, args, more = []) {
      const command = commands.get(name);
      if (!command) throw new Error(`no script named ${name}`);
      return command(1 + more.length, keys.prefix, ...more, ...args);
    },
  };
}

/** A script's answer as a list. */
export function asList(reply: unknown): ScriptReply {
  if (!Array.isArray(reply)) throw new Error(`expected a list from Redis, got ${typeof reply}`);
  return reply;
}
