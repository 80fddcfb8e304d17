import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempDir } from "@llm-router/testkit";

const root = fileURLToPath(new URL("../..", import.meta.url));
const preload = new URL("../fixtures/readme-process.ts", import.meta.url).href;
const timeoutMs = 40_000;

export interface ScenarioOptions {
  redis: { url: string; namespace: string };
  /** Where connections to a port that the README names lead. */
  ports: Record<number, number>;
}

/** A user's folder, in which the README's commands run as it shows them. `await using` ends what runs and removes it. */
export interface Scenario extends AsyncDisposable {
  readonly folder: string;
  save(name: string, text: string): Promise<void>;
  /** Runs a command to its end. @throws Error with its output when it fails. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Starts a command and waits for a line of it. */
  start(program: string, args: readonly string[], until: RegExp): Promise<void>;
}

export async function openScenario({ redis, ports }: ScenarioOptions): Promise<Scenario> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await tempDir()).path;
  await installPackages(folder);
  const owner = await listen();
  const running = new Set<ChildProcess>();
  parts.defer(async () => {
    // Each process of a command holds a connection to us, and ends with it.
    await owner.close();
    await Promise.all([...running].map((child) => once(child, "close")));
  });
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
    NODE_OPTIONS: `--import ${preload}`,
    npm_config_update_notifier: "false",
    npm_config_offline: "true",
    REDIS_URL: redis.url,
    LLMR_NAMESPACE: redis.namespace,
    // Where the gateway listens.
    PORT: String(ports[8080] ?? 0),
    README_TEST_PORTS: JSON.stringify(ports),
    README_TEST_OWNER: String(owner.port),
  };

  function launch(program: string, args: readonly string[]): { child: ChildProcess; output: string[]; stdout: string[] } {
    const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.once("close", () => running.delete(child));
    const output: string[] = [];
    const stdout: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text) && output.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => output.push(text));
    return { child, output, stdout };
  }

  const kept = parts.move();
  return {
    folder,
    save: (name, text) => writeFile(join(folder, name), text),
    async run(program, args) {
      const { child, output, stdout } = launch(program, args);
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      const [code, signal] = (await once(child, "close")) as [number | null, string | null];
      clearTimeout(timer);
      if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${signal ?? code}:\n${output.join("")}`);
      return stdout.join("");
    },
    async start(program, args, until) {
      const { child, output } = launch(program, args);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => until.test(output.join("")) && resolve();
      child.stdout?.on("data", look);
      child.stderr?.on("data", look);
      const fail = (why: string) => reject(new Error(`${args.join(" ")} ${why} without ${until}:\n${output.join("")}`));
      child.once("close", () => fail("ended"));
      const timer = setTimeout(() => fail(`ran for ${timeoutMs} ms`), timeoutMs);
      await promise.finally(() => clearTimeout(timer));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What `npm install` of our packages leaves in a folder, with the workspace's sources in their place. */
async function installPackages(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@llm-router"), { recursive: true });
  await mkdir(join(modules, ".bin"));
  await symlink(join(root, "packages/llm-router"), join(modules, "llm-router"));
  await symlink(join(root, "packages/client"), join(modules, "@llm-router/client"));
  const bin = join(modules, ".bin/llm-router");
  await writeFile(bin, `#!/bin/sh\nexec node "${join(root, "apps/cli/src/main.ts")}" "$@"\n`);
  await chmod(bin, 0o755);
  await writeFile(join(folder, "package.json"), '{ "private": true }');
}

async function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
