import { newNamespace, redisTest, removeNamespace, connectAdmin, type RedisAccess } from "@llm-router/testkit";
import { type OpenStack, openStack } from "./open-stack.ts";

export interface Stack extends OpenStack {
  redis: RedisAccess;
  /** Ids of all requests that Redis knows. */
  records(): Promise<string[]>;
}

/** A vitest `test` with one stack for all tests of a file. */
export const stackTest = redisTest.extend("stack", { scope: "file" }, async ({ redisUrl }, { onCleanup }): Promise<Stack> => {
  const redis: RedisAccess = { url: redisUrl, namespace: newNamespace(), admin: connectAdmin(redisUrl) };
  const stack = await openStack(redis);
  onCleanup(async () => {
    await stack[Symbol.asyncDispose]();
    await removeNamespace(redis.admin, redis.namespace);
    redis.admin.disconnect();
  });
  return { ...stack, redis, records: () => redis.admin.keys(`{${redis.namespace}}:r:*`) };
});

/** What a promise is rejected with; fails when it is not. */
export async function rejection<E extends Error = Error & Record<string, unknown>>(promise: Promise<unknown>): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error("was not rejected");
}
