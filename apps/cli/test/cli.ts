import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSimulator, type Simulator } from "@llm-router/simulator";
import { type NodeProcess, type RedisAccess, spawnNode, tempDir } from "@llm-router/testkit";

const main = new URL("../src/main.ts", import.meta.url);

/** A namespace that a worker process of the CLI serves with two simulated models, `fast` and `slow`. */
export interface ServedNamespace extends AsyncDisposable {
  simulator: Simulator;
  worker: NodeProcess;
  /** Starts a command of the CLI against it. */
  start(...args: string[]): NodeProcess;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Run>;
}

export interface Run {
  code: number | null;
  out: string;
  errors: string[];
}

export function startCli(args: string[], options: { cwd?: string; env?: Record<string, string | undefined> } = {}): NodeProcess {
  return spawnNode(main, { args, ...options });
}

export async function runCli(args: string[], options: Parameters<typeof startCli>[1] = {}): Promise<Run> {
  await using child = startCli(args, options);
  const { code } = await child.exited;
  return { code, out: child.stdout().join("\n"), errors: child.stderr() };
}

export async function serveNamespace({ url, namespace }: Pick<RedisAccess, "url" | "namespace">): Promise<ServedNamespace> {
  await using parts = new AsyncDisposableStack();
  const simulator = parts.use(await startSimulator({ perModel: { tiny: { answer: "Paris is the capital." } } }));
  const folder = parts.use(await tempDir());
  const model = { provider: "ollama", baseUrl: simulator.url, healthCheckIntervalMs: 3_600_000 };
  await writeFile(
    join(folder.path, "llm-router.json"),
    JSON.stringify({ models: { fast: { ...model, model: "tiny" }, slow: { ...model, model: "big", concurrency: 1, maxQueueDepth: 7 } } }),
  );
  const connection = ["--redis", url, "--namespace", namespace];
  const worker = parts.use(startCli([...connection, "worker"], { cwd: folder.path }));
  await worker.waitForLine(/worker ready/);
  const kept = parts.move();
  return {
    simulator,
    worker,
    start: (...args) => startCli([...args, ...connection]),
    run: (...args) => runCli([...args, ...connection]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
