import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Line } from "./history.ts";

/** A part of a history. Every line is handed to the kernel before the next step, so that a SIGKILL loses none. */
export class LogFile {
  readonly #descriptor: number;
  #closed = false;

  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
  }

  write(line: Line): void {
    // Processes that are being ended may still say something.
    if (!this.#closed) writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}

/** Reads such a file. A line that a kill cut short is left out: nothing was done on its account yet. */
export function readLines(path: string): Line[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);
}
