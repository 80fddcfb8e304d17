import { RouterError } from "@llm-router/contracts";

export interface StartEnv {
  /** Of the gateway (default 8080; 0: a free one). */
  port: number;
  /** Of the simulated model's server (default 11535; 0: a free one). */
  simulatorPort: number;
  /** Of the first worker's /healthz, /readyz and /metrics; the second has the next one (default 9464; 0: none). */
  workerPort: number;
}

/** @throws {RouterError} CONFIG_INVALID naming the variable. */
export function parseStartEnv(env: NodeJS.ProcessEnv): StartEnv {
  return {
    port: parsePort(env, "PORT", 8_080),
    simulatorPort: parsePort(env, "SIMULATOR_PORT", 11_535),
    workerPort: parsePort(env, "WORKER_PORT", 9_464),
  };
}

/** One below the last, so that there is a next one. */
const highest = 65_534;

function parsePort(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= highest) return port;
  throw new RouterError("CONFIG_INVALID", `${name} is ${JSON.stringify(text)}; it must be a port from 0 to ${highest}.`);
}
