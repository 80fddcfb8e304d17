import { constants } from "node:os";
import { parseArgs } from "node:util";
import { createNarrator } from "./narrator.ts";
import { runDemo } from "./run-demo.ts";
import { formatSummary } from "./table.ts";

const usage = `Usage: npm run demo -- [options]
  --json   the last line on stdout is one JSON object; everything else goes to stderr
  --real   may also ask OpenAI a few short questions, with the key in OPENAI_API_KEY
  --help`;

interface Options {
  json: boolean;
  real: boolean;
}

function readOptions(): Options | "help" {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ options: { json: flag, real: flag, help: flag } });
  if (values.real && !process.env["OPENAI_API_KEY"]) throw new Error("--real needs a key in OPENAI_API_KEY; set it, or leave --real out");
  return values.help ? "help" : values;
}

/** Rejects at the first signal; a second one ends the process at once, and with it all that it started. */
function interrupted(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  let seen = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const code = 128 + constants.signals[signal];
      if (seen) process.exit(code);
      seen = true;
      process.exitCode = code;
      reject(new Error(`interrupted by ${signal}`));
    });
  }
  return promise;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === "help") return console.log(usage);
  const narrator = createNarrator(options.json ? process.stderr : process.stdout);
  // Idle connections to Redis let a process end, and the last one is still needed to clean up.
  setInterval(() => undefined, 2 ** 30);
  const cleanUp = new AsyncDisposableStack();
  try {
    const summary = await Promise.race([runDemo({ narrator, cleanUp, real: options.real }), interrupted()]);
    narrator.show(formatSummary(summary));
    if (options.json) console.log(JSON.stringify(summary));
    process.exitCode = summary.lost === 0 && summary.duplicated === 0 ? 0 : 1;
  } catch (error) {
    narrator.say(`The demo stops: ${error instanceof Error ? error.message : String(error)}.`);
    process.exitCode ||= 1;
  }
  await cleanUp.disposeAsync();
}

try {
  await main();
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode ||= 1;
}
// An interrupted story still waits for what will not come, and the interval above never ends.
process.exit();
