import { performance } from "node:perf_hooks";

/** Tells what happens, in one plain line a step. */
export interface Narrator {
  say(line: string): void;
  /** Text of several lines, as it is. */
  show(text: string): void;
  /** Since the demo began, ms. */
  elapsedMs(): number;
}

/** @param output stderr when stdout is for a program to read. */
export function createNarrator(output: NodeJS.WritableStream): Narrator {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  return {
    elapsedMs,
    say: (line) => void output.write(`[${(elapsedMs() / 1_000).toFixed(1).padStart(5)} s] ${line}\n`),
    show: (text) => void output.write(`${text}\n`),
  };
}
