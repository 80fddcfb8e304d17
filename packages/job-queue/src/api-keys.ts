import { type ApiKey, apiKeyRecord } from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";

const keysOf = (context: QueueContext): string => `${context.keys.prefix}:keys`;

/** Keeps an API key; only its hash, never the key itself. False when there is one of this id. */
export async function addApiKey(context: QueueContext, { id, ...kept }: ApiKey): Promise<boolean> {
  const added = await context.redis.hsetnx(keysOf(context), id, JSON.stringify(kept)).catch((error: unknown) => {
    throw redisError(error, "keeping the API key");
  });
  return added === 1;
}

/** undefined: no key of this id. */
export async function readApiKey(context: QueueContext, id: string): Promise<ApiKey | undefined> {
  const json = await context.redis.hget(keysOf(context), id).catch((error: unknown) => {
    throw redisError(error, "reading the API key");
  });
  return json === null ? undefined : parse(id, json);
}

/** Every key that is kept, by its id. */
export async function listApiKeys(context: QueueContext): Promise<ApiKey[]> {
  const fields = await context.redis.hgetall(keysOf(context)).catch((error: unknown) => {
    throw redisError(error, "reading the API keys");
  });
  return Object.entries(fields)
    .map(([id, json]) => parse(id, json))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export async function countApiKeys(context: QueueContext): Promise<number> {
  return context.redis.hlen(keysOf(context)).catch((error: unknown) => {
    throw redisError(error, "counting the API keys");
  });
}

/** False when there was none of this id. */
export async function removeApiKey(context: QueueContext, id: string): Promise<boolean> {
  const removed = await context.redis.hdel(keysOf(context), id).catch((error: unknown) => {
    throw redisError(error, "removing the API key");
  });
  return removed === 1;
}

function parse(id: string, json: string): ApiKey {
  return { id, ...apiKeyRecord.parse(JSON.parse(json)) };
}
