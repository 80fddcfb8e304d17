// Each promise about failures that has figures, measured: what is killed, cut off or overloaded, how long it is felt, and what is lost.
// The scenarios are those that the tests hold to their limits.
import { parseArgs } from "node:util";
import { startTestRedis } from "@llm-router/testkit/processes";
import { type Figures, type Scenario, scenarios } from "./scenarios/index.ts";

const { json = false, only } = parseArgs({ options: { json: { type: "boolean" }, only: { type: "string" } } }).values;
const names = Object.keys(scenarios);
if (only !== undefined && !Object.hasOwn(scenarios, only)) throw new Error(`--only names one of: ${names.join(", ")}`);

interface Measured {
  held: boolean;
  /** What is not as it should be. */
  missed: string[];
  tookMs: number;
  figures?: Figures;
}

async function measure(scenario: Scenario): Promise<Measured> {
  const startedAt = performance.now();
  const tookMs = () => Math.round(performance.now() - startedAt);
  try {
    await using redis = await startTestRedis();
    const figures = await scenario.play(redis);
    const missed = Object.entries(scenario.limits).flatMap(([name, allows]) => {
      const value = figures[name];
      return allows.holds(value) ? [] : [`${name} is ${JSON.stringify(value)}, not ${allows.text}`];
    });
    return { held: missed.length === 0, missed, tookMs: tookMs(), figures };
  } catch (error) {
    return { held: false, missed: [error instanceof Error ? error.message : String(error)], tookMs: tookMs() };
  }
}

const measured: Record<string, Measured> = {};
const print = json ? console.error : console.log;
for (const [name, scenario] of Object.entries(scenarios)) {
  if (only !== undefined && name !== only) continue;
  const { figures, ...result } = (measured[name] = await measure(scenario));
  print(
    `${result.held ? "held  " : "missed"} ${name.padEnd(26)} ${(result.tookMs / 1_000).toFixed(1)} s  ${JSON.stringify(figures ?? {})}`,
  );
  for (const line of result.missed) print(`       ${line}`);
}
const all = Object.values(measured);
const total = (name: string) => all.reduce((sum, { figures }) => sum + Number(figures?.[name] ?? 0), 0);
if (json) {
  const held = all.filter((each) => each.held).length;
  const counts = { lost: total("lost"), duplicated: total("duplicated"), calledAgain: total("calledAgain") };
  console.log(JSON.stringify({ name: "faults", ratio: held / all.length, held, of: all.length, ...counts, scenarios: measured }));
}
process.exitCode = all.every(({ held }) => held) ? 0 : 1;
