import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigInput } from "@llm-router/contracts";
import { type NodeProcess, type RedisAccess, spawnNode, tempDir } from "@llm-router/testkit";

const main = new URL("../src/main.ts", import.meta.url);

export interface WorkerProcessOptions {
  redis: Pick<RedisAccess, "url" | "namespace">;
  /** Undefined: none. */
  config?: ConfigInput;
  env?: Record<string, string>;
}

/** `node apps/worker/src/main.ts` in an empty folder with this configuration; not waited for. */
export async function spawnWorker({ redis, config, env = {} }: WorkerProcessOptions): Promise<NodeProcess> {
  const folder = await tempDir();
  if (config) await writeFile(join(folder.path, "llm-router.json"), JSON.stringify(config));
  const child = spawnNode(main, { cwd: folder.path, env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, ...env } });
  return {
    ...child,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The same, and it serves. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<NodeProcess> {
  const child = await spawnWorker(options);
  await child.waitForLine(/"worker ready"/, 30_000);
  return child;
}
