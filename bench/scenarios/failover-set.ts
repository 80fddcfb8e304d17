import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestRedis, tempDir, type TestRedis } from "@llm-router/testkit/processes";
import { findProgram, freePort, spawnTied, type TiedProcess } from "@llm-router/service-kit";

/** A master, two replicas and a Sentinel that watches them. `await using` ends them. */
export interface FailoverSet extends AsyncDisposable {
  /** `redis+sentinel://…` */
  readonly url: string;
  readonly servers: readonly TestRedis[];
}

const masterName = "mymaster";

/**
 * Starts them with `min-replicas-to-write 1`, as LLMR_DURABILITY=replicated asks for. Two replicas, so that the one that takes over
 * has one.
 */
export async function startFailoverSet(): Promise<FailoverSet> {
  const closing = new AsyncDisposableStack();
  const args = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "10", "--repl-diskless-sync-delay", "0"];
  try {
    const master = closing.use(await startTestRedis({ args }));
    const replicaOf = ["--replicaof", `127.0.0.1 ${master.server.port}`];
    const replicas = await Promise.all([0, 1].map(() => startTestRedis({ args: [...args, ...replicaOf] })));
    for (const replica of replicas) closing.use(replica);
    // A write that both have.
    while ((await master.admin.wait(2, 100)) < 2) await master.admin.set("{warm-up}", "1", "PX", 1).catch(() => undefined); // NOREPLICAS until the first one is in step
    const port = await startSentinel(closing, master.server.port);
    return {
      url: `redis+sentinel://127.0.0.1:${port}/${masterName}`,
      servers: [master, ...replicas],
      [Symbol.asyncDispose]: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function startSentinel(closing: AsyncDisposableStack, masterPort: number): Promise<number> {
  const folder = closing.use(await tempDir());
  const port = await freePort();
  const config = join(folder.path, "sentinel.conf");
  const settings = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder.path}`,
    `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${masterName} 500`,
    `sentinel failover-timeout ${masterName} 2000`,
  ];
  await writeFile(config, `${settings.join("\n")}\n`);
  const ready = Promise.withResolvers<void>();
  let replicas = 0;
  const sentinel: TiedProcess = await spawnTied(findProgram("redis-server") ?? "redis-server", [config, "--sentinel"], (line) => {
    if (line.includes("+slave ") && ++replicas === 2) ready.resolve();
  });
  closing.defer(async () => {
    sentinel.kill("SIGKILL");
    await sentinel.ended;
  });
  await Promise.race([ready.promise, sentinel.ended.then((lines) => Promise.reject(new Error(`the sentinel ended: ${lines}`)))]);
  return port;
}
