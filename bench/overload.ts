// More work than the models can do: CRITICAL and HIGH at 0.8 of what they can, LOW at 4.2 times as much, for minutes.
// Those who matter are answered, the others are refused quickly, and nobody's memory grows.
import { startLocalRedis } from "@llm-router/service-kit";
import { startSimulator } from "@llm-router/simulator";
import type { Saturated } from "./lib/load.ts";
import { growthOf, watchMemory } from "./lib/memory-watch.ts";
import type { ClassCounts } from "./lib/open-loop.ts";
import { readOptions } from "./lib/options.ts";
import { connectOurs } from "./lib/our-namespace.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  minutes: 5,
  slots: 4,
  callMs: 100,
  maxQueueDepth: 200,
  resultTtlMs: 10_000,
  calibrateMs: 6_000,
  promptBytes: 200,
});
const { minutes, slots, callMs, maxQueueDepth, resultTtlMs, calibrateMs, promptBytes } = parameters;
const urgentShare = 0.8;
const lowShare = 4.2;
const goals = { goodput: 0.95, refusalMs: 50, growth: 1.1 };

await using redis = await startLocalRedis();
await using simulator = await startSimulator({ models: ["m"], slots, latencyMs: callMs, tokens: 1, keepCalls: 1_000 });
const gc = ["--expose-gc"];
const setup = { port: redis.port, promptBytes, concurrency: slots };
await using worker = await startPart("model-worker", { ...setup, modelUrl: simulator.url, maxQueueDepth, resultTtlMs }, gc);
await using urgent = await startPart("overload-client", setup, gc);
await using flood = await startPart("overload-client", setup, gc);
await using ours = await connectOurs(redis.port);

const leadMs = 2_000;
const startAt = Date.now() + leadMs;
const saturated = await urgent.ask<Saturated>("saturate", { startAt, endAt: startAt + calibrateMs, inFlight: 4 * slots, leadMs });
const capacity = (saturated.answered / calibrateMs) * 1_000;
console.error(
  `bench: capacity ${capacity.toFixed(1)} a second (${slots} slots of ${callMs} ms: at best ${((1_000 / callMs) * slots).toFixed(0)})`,
);

const forMs = minutes * 60_000;
const parts = { urgentClient: urgent, lowClient: flood, worker };
const askAll = (task: string) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, () => part.ask<number>(task)]));
const redisRss = async () => Number(/^used_memory_rss:(\d+)/m.exec(await ours.redis.info("memory"))?.[1]);
await using resident = watchMemory(1_000, { ...askAll("rss"), redis: redisRss });
// A collection takes tens of milliseconds, so there are few.
await using held = watchMemory(forMs / 10, askAll("heap"));
const [urgentCounts, lowCounts] = await Promise.all([
  urgent.ask<Record<string, ClassCounts>>("offer", { rate: urgentShare * capacity, forMs, priorities: ["CRITICAL", "HIGH"] }),
  flood.ask<Record<string, ClassCounts>>("offer", { rate: lowShare * capacity, forMs, priorities: ["LOW"] }),
]);
const perClass = { ...urgentCounts, ...lowCounts };
// What is still open when the load ends is answered after it; the memory of that time is no part of the figure.
const growth = { resident: growthOf(resident.samples, forMs), heapAfterCollection: growthOf(held.samples, forMs) };

const goodputs = Object.values(urgentCounts).map(({ offered, answered }) => answered / offered);
const goodput = roundTo(Math.min(...goodputs), 4);
const served = Object.values(perClass).reduce((sum, { answered }) => sum + answered, 0);
const refusal = perClass["LOW"]?.refusalMs;
const worst = Math.max(...Object.values(growth.resident).map(({ ratio }) => ratio));
printReport(
  {
    name: "overload",
    ratio: goodput,
    goal: `≥${goals.goodput}`,
    unit: "answered of what was offered (the lower of CRITICAL and HIGH)",
    capacityPerSecond: roundTo(capacity, 1),
    // Less than the capacity and a missed goodput: the machine did something else meanwhile.
    servedPerSecond: roundTo(served / (forMs / 1_000), 1),
    offeredPerSecond: { urgent: roundTo(urgentShare * capacity, 1), low: roundTo(lowShare * capacity, 1) },
    refusalP99Ms: refusal?.p99 ?? null,
    refusalGoalMs: goals.refusalMs,
    memoryGrowth: worst,
    memoryGoal: `≤${goals.growth}`,
    perClass,
    memoryMb: growth,
    series: { resident: resident.samples, heapAfterCollection: held.samples },
    parameters,
  },
  [
    ...Object.entries(urgentCounts).map(([name, { offered, answered }]) => ({
      what: `${name}, answered of offered`,
      ours: String(answered),
      baseline: String(offered),
      ratio: answered / offered,
      goal: `≥${goals.goodput}`,
    })),
    ...(refusal
      ? [
          {
            what: "refusal, p99 against limit",
            ours: `${refusal.p99} ms`,
            baseline: `${goals.refusalMs} ms`,
            ratio: refusal.p99 / goals.refusalMs,
            goal: "≤1",
          },
        ]
      : []),
    ...Object.entries(growth).flatMap(([kind, each]) =>
      Object.entries(each).map(([name, { warmMb, endMb, ratio }]) => ({
        what: `${kind}, ${name}, end against warm`,
        ours: `${endMb} MB`,
        baseline: `${warmMb} MB`,
        ratio,
        goal: `≤${goals.growth}`,
      })),
    ),
  ],
  json,
);
