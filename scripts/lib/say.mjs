import { performance } from "node:perf_hooks";

/** Progress goes to stderr; stdout belongs to the command that was asked for. */
export function say(line) {
  process.stderr.write(`llm-router: ${line}\n`);
}

/** Says what is being done, that it still is (every 10 s), and runs it. */
export async function step(what, work) {
  say(`${what} …`);
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1_000);
  const heartbeat = setInterval(() => say(`… still ${what} (${seconds()} s)`), 10_000);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
  }
}

/** An error whose message is all that a person needs: no stack is shown. */
export class Stop extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a script's main function and exits with the code it returns. */
export async function runMain(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  } finally {
    // An open channel to our parent would keep this process alive; closing it ourselves is no news.
    process.removeAllListeners("disconnect");
    if (process.connected) process.disconnect();
  }
}
