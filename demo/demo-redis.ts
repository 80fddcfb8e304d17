import { randomBytes } from "node:crypto";
import { createKeys, type Keys } from "@llm-router/client";
import { connectRedis, whenReady } from "@llm-router/job-queue";
import { redactUrl, startLocalRedis } from "@llm-router/service-kit";

type Redis = ReturnType<typeof connectRedis>;

export interface DemoRedis extends AsyncDisposable {
  url: string;
  keys: Keys;
  /** To look inside. */
  admin: Redis;
  description: string;
}

const ownNamespace = /^llmr-demo-[0-9a-f]{8}$/;
const connectTimeoutMs = 5_000;

/**
 * The Redis that REDIS_URL names, else a redis-server of the demo's own; always in a namespace that nothing else uses,
 * whose keys are removed at the end.
 * @throws {RouterError} REDIS_UNAVAILABLE, CONFIG_INVALID for an address that is none; Error REDIS_MISSING.
 */
export async function openDemoRedis(env: NodeJS.ProcessEnv): Promise<DemoRedis> {
  await using stack = new AsyncDisposableStack();
  const given = env["REDIS_URL"];
  const url = given ? given : stack.use(await startLocalRedis()).url;
  // The root script has made a namespace for us where the Redis is shared; any other name is somebody's data.
  const suggested = env["LLMR_NAMESPACE"] ?? "";
  const keys = createKeys(ownNamespace.test(suggested) ? suggested : `llmr-demo-${randomBytes(4).toString("hex")}`);
  const admin = connectRedis({ url }, "commands");
  stack.defer(() => admin.disconnect());
  await whenReady(admin, connectTimeoutMs);
  stack.defer(() => removeKeys(admin, keys));
  const owned = stack.move();
  return {
    url,
    keys,
    admin,
    description: `Redis at ${redactUrl(url)}, namespace ${keys.namespace}, which is removed at the end`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function removeKeys(admin: Redis, keys: Keys): Promise<void> {
  for await (const found of admin.scanStream({ match: `${keys.prefix}:*`, count: 1_000 }) as AsyncIterable<string[]>) {
    if (found.length > 0) await admin.unlink(...found);
  }
}
