import { freePort, redactUrl, startLocalRedis } from "../../packages/service-kit/src/index.ts";
import { removeNamespace } from "../../packages/testkit/src/namespace.ts";
import { withRedis } from "../../packages/testkit/src/with-redis.ts";
import { Stop } from "./say.mjs";

/**
 * The Redis for a command. A namespace that the user named is used and kept; one of our own making is removed at the end.
 * @returns `{ url, namespace, description }`, to be disposed of.
 */
export async function openRedis({ url, namespace, newNamespace, preferredPort }) {
  if (!url) return openLocal(namespace ?? "llmr", preferredPort);
  const used = namespace ?? newNamespace;
  await withRedis(url, (redis) => redis.ping()).catch((error) => {
    throw new Stop(`${error.message}. Correct REDIS_URL, or unset it to use a Redis of our own.`);
  });
  return {
    url,
    namespace: used,
    description: `using the Redis at ${redactUrl(url)} (REDIS_URL), namespace ${used}${namespace ? "" : ", removed at the end"}`,
    async [Symbol.asyncDispose]() {
      if (!namespace) await withRedis(url, (redis) => removeNamespace(redis, used));
    },
  };
}

async function openLocal(namespace, preferredPort) {
  const server = await startLocalRedis({ port: await freePort(preferredPort) });
  return {
    url: server.url,
    namespace,
    description: `started a Redis of its own at ${server.url}; it ends with this command (REDIS_URL would name another)`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
