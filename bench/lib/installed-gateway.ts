import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { spawnTied } from "@llm-router/service-kit";
import { namespace } from "./setup.ts";

/** A gateway process as users start it: the package is built and installed with npm. */
export interface InstalledGateway extends AsyncDisposable {
  url: string;
  /** From the start of the process to its first request's answer, ms. */
  readyMs: number;
  /** CPU time so far, µs, to 10 ms. */
  cpuUs(): number;
  /** Resident memory, bytes. */
  rss(): number;
}

const run = promisify(execFile);
const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** Of Linux's counters of CPU time. */
const ticksPerSecond = 100;

/** @throws Error when it cannot be installed or started. */
export async function startInstalledGateway(redisPort: number): Promise<InstalledGateway> {
  await using parts = new AsyncDisposableStack();
  const { path: user } = parts.use(await mkdtempDisposable(join(tmpdir(), "llmr-bench-")));
  await run(process.execPath, [at("scripts/build-package.ts"), "llm-router"]);
  await writeFile(join(user, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--install-links", "--no-audit", "--no-fund", at("apps/cli/dist")], { cwd: user });

  const settings = [`REDIS_URL=redis://127.0.0.1:${redisPort}`, `LLMR_NAMESPACE=${namespace}`, "PORT=0"];
  const ready = Promise.withResolvers<string>();
  const startedAt = performance.now();
  const gateway = await spawnTied(
    "sh",
    ["-c", 'exec "$@" 2>&1', "sh", "env", "-C", user, ...settings, process.execPath, "node_modules/llm-router/cli.js", "gateway"],
    (line) => {
      const url = /"url":"([^"]+)".*gateway ready/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    },
  );
  parts.defer(async () => {
    gateway.kill("SIGTERM");
    await gateway.ended;
  });
  gateway.ended.then((last) => ready.reject(new Error(`the gateway ended: ${last}`))).catch(() => undefined);
  const url = await ready.promise;
  await fetch(`${url}/healthz`);
  const readyMs = performance.now() - startedAt;
  const proc = (file: string) => readFileSync(`/proc/${gateway.pid}/${file}`, "utf8");
  const kept = parts.move();
  return {
    url,
    readyMs,
    cpuUs() {
      // After the name in brackets, which may hold anything: state is the third field, utime the 14th, stime the 15th.
      const fields = proc("stat").split(") ").at(-1)?.split(" ") ?? [];
      return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000;
    },
    rss: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(proc("status"))?.[1]) * 1_024,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
