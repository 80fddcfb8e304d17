#!/usr/bin/env node
import { printError } from "./print-error.ts";
import { createProgram } from "./program.ts";

async function main(): Promise<void> {
  // Idle connections to Redis let a process end; a command ends when it has said what it has to say.
  const stayAlive = setInterval(() => undefined, 2_147_483_647);
  try {
    await createProgram().parseAsync();
  } catch (error) {
    await printError(error);
    process.exitCode = 1;
  } finally {
    clearInterval(stayAlive);
  }
}

// No top-level await: it would forbid require() of whatever is bundled with this.
void main();
