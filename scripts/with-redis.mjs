// Runs a program (demo, start) with a Redis: the one that REDIS_URL names, in a namespace of its own that is removed at
// the end, or a redis-server of our own that ends with it. Runs under the pinned Node, which reads TypeScript.
import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import { runChild } from "./lib/child.mjs";
import { root } from "./lib/paths.mjs";
import { openRedis } from "./lib/open-redis.mjs";
import { runMain, say } from "./lib/say.mjs";

/** Where clients look without REDIS_URL, so that they find what `start` runs, if nothing else is there. */
const usualPort = 6379;

await runMain(async ([script, ...args]) => {
  const name = basename(script, ".ts") === "start" ? "start" : "demo";
  await using redis = await openRedis({
    url: process.env.REDIS_URL,
    namespace: process.env.LLMR_NAMESPACE,
    newNamespace: `llmr-${name}-${randomBytes(4).toString("hex")}`,
    preferredPort: name === "start" ? usualPort : undefined,
  });
  say(redis.description);
  const env = { ...process.env, REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
  return await runChild(process.execPath, [join(root, script), ...args], { env });
});
