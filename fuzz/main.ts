// Runs seeded load and faults against the real system, and judges what happened. See README.md.
import { parseArgs } from "node:util";
import { indexHistory } from "./lib/index-history.ts";
import { runMutant } from "./lib/mutant.ts";
import { printReport } from "./lib/print.ts";
import { report } from "./lib/report.ts";
import { run, saveHistory } from "./lib/run.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { seed: text, minutes: text, fsync: text, mutant: text, out: text, lanes: text, json: { type: "boolean" } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const minutes = Number(values.minutes ?? 2);
const { fsync = "everysec" } = values;
const say = (line: string): void => void process.stderr.write(`fuzz: ${line}\n`);

if (!Number.isInteger(seed) || !(minutes > 0) || (fsync !== "always" && fsync !== "everysec")) {
  say("usage: pnpm fuzz --seed N --minutes M [--json] [--fsync always|everysec] [--mutant NAME] [--lanes N] [--out FILE]");
  process.exit(2);
}

/** 0: no violation; 1: violations; 2: the run itself failed. */
async function main(): Promise<number> {
  if (values.mutant !== undefined && process.env["FUZZ_MUTANT"] !== values.mutant) {
    return runMutant(values.mutant, process.argv.slice(2), say);
  }
  const lines = await run({
    seed,
    minutes,
    fsync: fsync === "always" ? "always" : "everysec",
    say,
    ...(values.lanes !== undefined && { lanes: Number(values.lanes) }),
    ...(values.mutant !== undefined && { mutant: values.mutant }),
  });
  if (values.out !== undefined) saveHistory(lines, values.out);
  const judged = report(indexHistory(lines));
  printReport(judged, values.json === true);
  return judged.violations.length === 0 ? 0 : 1;
}

// Whatever was started is ended on the way out.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(2));
try {
  process.exit(await main());
} catch (error) {
  console.error(error);
  process.exit(2);
}
