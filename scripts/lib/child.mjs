import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

const running = new Set();
const lastForwarded = new Map();

// A terminal's Ctrl-C reaches us directly and once more through npm, so a repeat within a second is the same one.
function forward(signal) {
  const now = Date.now();
  if (now - (lastForwarded.get(signal) ?? 0) < 1_000) return;
  lastForwarded.set(signal, now);
  if (running.size === 0) process.exit(128 + constants.signals[signal]); // between two programs
  for (const child of running) child.kill(signal);
}

function listen() {
  if (process.listenerCount("SIGTERM") > 0) return;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(signal));
  // Whoever started us has died without a word (see `ipc` below).
  process.on("disconnect", () => forward("SIGTERM"));
}

/**
 * Runs a program to its end and returns its exit code (128 + number for a signal).
 * It gets a process group of its own, so that it sees exactly the signals that are forwarded, and an IPC channel when it is
 * one of our scripts, so that it notices when this process dies.
 * @param {{ env?: NodeJS.ProcessEnv, stdout?: "inherit" | "stderr", ipc?: boolean }} options
 */
export async function runChild(program, args, options = {}) {
  listen();
  const stdout = options.stdout === "stderr" ? 2 : "inherit";
  const stdio = ["ignore", stdout, "inherit", ...(options.ipc ? ["ipc"] : [])];
  const child = spawn(program, args, { stdio, env: options.env ?? process.env, detached: true });
  running.add(child);
  try {
    const [code, signal] = await once(child, "exit");
    return signal ? 128 + constants.signals[signal] : code;
  } finally {
    running.delete(child);
  }
}
