import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@llm-router/client";
import type { ConfigInput } from "@llm-router/contracts";
import { type NodeProcess, spawnNode, type TempDir, tempDir } from "@llm-router/testkit/processes";

export interface Cluster extends AsyncDisposable {
  client: Client;
  workers: NodeProcess[];
  addWorker(): Promise<NodeProcess>;
}

export interface ClusterOptions {
  redis: { url: string; namespace: string };
  config: ConfigInput;
  /** Worker processes at the start (default 1). */
  workers?: number;
  env?: Record<string, string>;
}

const workerMain = new URL("../../apps/worker/src/main.ts", import.meta.url);

/** The real thing: worker processes with a configuration file, and a client. */
export async function startCluster({ redis, config, workers: count = 1, env = {} }: ClusterOptions): Promise<Cluster> {
  const folder: TempDir = await tempDir();
  const configPath = join(folder.path, "config.json");
  await writeFile(configPath, JSON.stringify(config));
  const workers: NodeProcess[] = [];
  const client = new Client({ redis: redis.url, namespace: redis.namespace });
  const addWorker = async () => {
    const worker = spawnNode(workerMain, {
      env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, LLMR_CONFIG: configPath, ...env },
    });
    workers.push(worker);
    await worker.waitForLine(/worker ready/, 30_000);
    return worker;
  };
  const cluster: Cluster = {
    client,
    workers,
    addWorker,
    async [Symbol.asyncDispose]() {
      await client.close();
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
      await folder[Symbol.asyncDispose]();
    },
  };
  try {
    await Promise.all(Array.from({ length: count }, addWorker));
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}

/** Runs `task` for 0 … count − 1, so many at a time. */
export async function inParallel<T>(count: number, atOnce: number, task: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const n = next++;
      results[n] = await task(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return results;
}
