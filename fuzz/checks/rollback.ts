import type { History } from "../lib/index-history.ts";

/** With appendfsync everysec, Redis's own death may take back what it acknowledged so shortly before, ms. */
const rollbackMs = 2_000;
/** From Redis's answer to the line of who got it, ms. */
const readingMs = 500;

/** The death of Redis that may have taken back what was seen at `at`; undefined: none may have. */
export function rollbackAt({ run, processes }: History, at: number): number | undefined {
  if (run.fsync === "always") return undefined;
  return processes.find(
    ({ role, what, at: killedAt }) => role === "redis" && what === "killed" && at >= killedAt - rollbackMs && at <= killedAt + readingMs,
  )?.at;
}

/** Whether a process was dead at some time after `at`. */
export function diedAfter({ processes }: History, name: string, at: number): boolean {
  return processes.some((line) => line.name === name && line.what === "killed" && line.at >= at);
}
