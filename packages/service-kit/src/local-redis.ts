import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { spawnTied, type TiedProcess } from "./tied-process.ts";

export interface LocalRedisOptions {
  /** Folder of its data (default: a temporary one, removed at the end). */
  dir?: string;
  /** Default: a free one. */
  port?: number;
  /** Append-only file, fsynced every second (default true). */
  appendonly?: boolean;
  /** As redis-server takes it, such as `64mb` (default: no limit). */
  maxmemory?: string;
  /** More arguments for redis-server, such as `["--appendfsync", "always"]`; they win over ours. */
  args?: readonly string[];
}

/** A redis-server of our own on 127.0.0.1. It dies with this process, however that ends; stop it with `stop()` or `await using`. */
export interface LocalRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the running server; undefined while it is down. */
  readonly pid: number | undefined;
  /** Ends it in order (SIGTERM, after 5 s SIGKILL) and removes its temporary folder. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; its folder stays for `restart()`. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, ending a running one in order first. */
  restart(): Promise<void>;
}

/**
 * Starts a redis-server with the settings that llm-router asks for (noeviction, AOF, large listpacks) and waits until it accepts commands.
 * @throws Error starting with `REDIS_MISSING` when there is no redis-server on PATH, with `REDIS_START_FAILED` and the server's last lines when it ends at once.
 */
export async function startLocalRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), "llmr-redis-")));
  const removeDir = () => {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  const port = options.port ?? (await freePort());
  let server: TiedProcess | undefined;

  async function start(): Promise<void> {
    server = await launch(serverArgs(options, dir, port));
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server) await endProcess(server, signal);
    server = undefined;
  }
  async function stop(): Promise<void> {
    await end("SIGTERM");
    process.off("exit", removeDir);
    removeDir();
  }

  process.on("exit", removeDir);
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return server?.running ? server.pid : undefined;
    },
    stop,
    kill9: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function serverArgs(options: LocalRedisOptions, dir: string, port: number): string[] {
  const settings: Record<string, string> = {
    bind: "127.0.0.1",
    port: String(port),
    dir,
    save: "",
    appendonly: options.appendonly === false ? "no" : "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    "hash-max-listpack-value": "4096",
    ...(options.maxmemory === undefined ? {} : { maxmemory: options.maxmemory }),
  };
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...(options.args ?? [])];
}

/** Resolves once the server says that it accepts connections, which it does after loading its data. */
async function launch(args: string[]): Promise<TiedProcess> {
  const program = findProgram("redis-server");
  if (!program) {
    throw new Error(
      "REDIS_MISSING: redis-server is not on PATH. Install it (apt-get install redis-server, apk add redis, dnf install redis, brew install redis).",
    );
  }
  const ready = Promise.withResolvers<void>();
  const server = await spawnTied(program, args, (line) => {
    if (line.includes("Ready to accept connections")) ready.resolve();
  });
  const tooEarly = server.ended.then((lastLines) => {
    throw new Error(`REDIS_START_FAILED: redis-server ended at once: ${lastLines}`);
  });
  await Promise.race([ready.promise, tooEarly]);
  return server;
}

async function endProcess(server: TiedProcess, signal: NodeJS.Signals): Promise<void> {
  server.kill(signal);
  const hardStop = setTimeout(() => server.kill("SIGKILL"), 5_000);
  await server.ended;
  clearTimeout(hardStop);
}
