// A gateway that asks the semantic cache: 50 lookups a second, each embedded in a thread of its own, half of them verified against a
// known question. Its event loop must stay free for the streams beside them. The baseline is the same load past the cache.
import { startLocalRedis } from "@llm-router/service-kit";
import { setTimeout as delay } from "node:timers/promises";
import { questions } from "./lib/cache-questions.ts";
import { openChatLoad } from "./lib/http-load.ts";
import { place } from "./lib/load.ts";
import { type ClassCounts, offer } from "./lib/open-loop.ts";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { median, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({ rounds: 3, rate: 50, seconds: 8, known: 200 });
const { rounds, rate, seconds, known } = parameters;
const goalMs = 10;
/** For a gateway to hear of the cache, which it looks for every second, ms. */
const hearMs = 3_000;

await using redis = await startLocalRedis();
const setup = { port: redis.port, promptBytes: 200, concurrency: 200 };
await using simulator = await startPart("simulator", setup);
await simulator.ask("control", { tokens: 8, tokensPerSecond: 0 });
const modelUrl = await simulator.ask<string>("url");
await using _worker = await startPart("model-worker", {
  ...setup,
  modelUrl,
  provider: "openai",
  maxQueueDepth: 10_000,
  resultTtlMs: 60_000,
  cache: { enabled: true, semantic: true },
});
await using gateway = await startPart("gateway", setup);
using load = openChatLoad(await gateway.ask<string>("url"), "m", 64);

const [asked, others] = [questions(known), questions(2 * known).slice(known)];
const ask = (prompt: string, cache: "use" | "bypass") => load.plain(prompt, { temperature: 0, metadata: { cache } });
let seeded = 0;
await delay(hearMs);
await place(async () => void (await ask(asked[seeded++ % known] ?? "", "use")), known, 4);

interface Measured {
  loopDelayMs: number;
  answers: ClassCounts;
  semantic: number;
}

let count = 0;
/** Every second question is a known one in other words; the others are new, each time. */
const nextPrompt = (): string => {
  const n = count++;
  const words = (n % 2 === 0 ? asked : others)[(n >> 1) % known] ?? "";
  return n % 2 === 0 ? `${words} Please. ${"!".repeat(n % 7)}` : `${words} In ${n} words`;
};

async function measure(cache: "use" | "bypass"): Promise<Measured> {
  let semantic = 0;
  await gateway.ask("loopDelayMs");
  const counts = await offer(
    async () => {
      const headers = await ask(nextPrompt(), cache);
      if (headers["x-llmr-cache"] === "semantic") semantic += 1;
    },
    { rate, forMs: seconds * 1_000, priorities: ["normal"] },
  );
  const loopDelayMs = await gateway.ask<number>("loopDelayMs");
  const answers = counts["normal"];
  if (!answers || answers.answered !== answers.offered) throw new Error(`not all were answered: ${JSON.stringify(answers)}`);
  return { loopDelayMs, answers, semantic };
}

const measured = await interleave({
  rounds,
  sides: { lookups: () => measure("use"), bypass: () => measure("bypass") },
  show: ({ loopDelayMs, answers, semantic }) =>
    `event loop p99 ${loopDelayMs.toFixed(2)} ms, answers p50 ${answers.answerMs?.p50} ms, p99 ${answers.answerMs?.p99} ms, ${semantic} of ${answers.offered} from the semantic cache`,
});
const delayMs = (all: readonly Measured[]) => roundTo(median(all.map(({ loopDelayMs }) => loopDelayMs)), 2);
const figures = {
  loopDelayP99Ms: delayMs(measured.lookups),
  bypassLoopDelayP99Ms: delayMs(measured.bypass),
  answerP50Ms: roundTo(median(measured.lookups.map(({ answers }) => answers.answerMs?.p50 ?? 0)), 1),
  semanticHits: roundTo(median(measured.lookups.map(({ semantic, answers }) => semantic / answers.offered)), 3),
};
const ratio = roundTo(figures.loopDelayP99Ms / goalMs, 2);
printReport(
  { name: "gateway-cache", ratio, unit: `event-loop delay p99 / ${goalMs} ms`, figures, goals: { loopDelayP99Ms: goalMs }, parameters },
  [
    {
      what: `event-loop delay p99, ${rate} lookups/s`,
      ours: `${figures.loopDelayP99Ms} ms`,
      baseline: `goal ${goalMs} ms`,
      ratio,
      goal: "≤1",
    },
    { what: "the same, past the cache", ours: `${figures.bypassLoopDelayP99Ms} ms`, baseline: "", ratio: 0, goal: "" },
  ],
  json,
);
