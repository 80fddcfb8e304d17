// What the gateway adds to a model server that answers at once: gateway, worker and server in processes of their own, real
// Redis, chat completions over HTTP. The baseline is the same server asked directly, in turn. The gateway is the one that users
// install: the package is built, and installed with npm.
import { startLocalRedis } from "@llm-router/service-kit";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { openChatLoad } from "./lib/http-load.ts";
import { startInstalledGateway } from "./lib/installed-gateway.ts";
import { oneByOne, place } from "./lib/load.ts";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { promptOf } from "./lib/setup.ts";
import { median, percentile, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  rounds: 5,
  requests: 300,
  connections: 64,
  loadRequests: 2_000,
  streams: 50,
  tokens: 600,
  promptBytes: 200,
});
const { rounds, requests, connections, loadRequests, streams, tokens, promptBytes } = parameters;
const goals = { p50Ms: 2.9, p99Ms: 11, perSecond: 900, cpuMs: 1.8, firstMs: 5, firstManyMs: 15, tokensPerSecond: 30_000 };
/** Before memory is read, ms. */
const settleMs = 1_000;
const prompt = promptOf(promptBytes);

await using redis = await startLocalRedis();
const setup = { port: redis.port, promptBytes, concurrency: 200 };
await using simulator = await startPart("simulator", setup);
const modelUrl = await simulator.ask<string>("url");
await using worker = await startPart("model-worker", {
  ...setup,
  modelUrl,
  provider: "openai",
  maxQueueDepth: 10_000,
  resultTtlMs: 60_000,
});
await using gateway = await startInstalledGateway(redis.port);
await delay(settleMs);
const idleBytes = gateway.rss();
using ours = openChatLoad(gateway.url, "m", Math.max(connections, streams));
using direct = openChatLoad(modelUrl, "m", Math.max(connections, streams));
const sides = { ours, direct };
type Side = keyof typeof sides;

/** The same measurement of both sides, in turn. */
function both<T>(measure: (side: Side) => Promise<T>, show: (measured: T) => string): Promise<Record<Side, T[]>> {
  return interleave({ rounds, sides: { ours: () => measure("ours"), direct: () => measure("direct") }, show });
}

interface Latency {
  p50: number;
  p99: number;
}

const latencyOf = (times: readonly number[]): Latency => ({ p50: percentile(times, 0.5), p99: percentile(times, 0.99) });
const added = ({ ours: with_, direct: without }: Record<Side, number[]>): number => roundTo(median(with_) - median(without), 2);
const showLatency = ({ p50, p99 }: Latency) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

await simulator.ask("control", { tokens: 8, tokensPerSecond: 0 });
const one = await both(async (side) => latencyOf(await oneByOne(() => sides[side].plain(prompt), requests)), showLatency);

const cpuUs = async () => gateway.cpuUs() + (await worker.ask<number>("cpuUs"));
const load = await both(
  async (side) => {
    const before = await cpuUs();
    const perSecond = await place(() => sides[side].plain(prompt), loadRequests, connections);
    return { perSecond, cpuMs: ((await cpuUs()) - before) / loadRequests / 1_000 };
  },
  ({ perSecond, cpuMs }) => `${Math.round(perSecond)}/s, ${cpuMs.toFixed(2)} ms CPU each`,
);

/** First tokens of `count` streams at once, ms. */
async function firstTokens(side: Side, count: number): Promise<Latency> {
  const all = await Promise.all(Array.from({ length: count }, () => sides[side].stream(prompt)));
  return latencyOf(all.map(({ firstTokenMs }) => firstTokenMs));
}
await simulator.ask("control", { tokens: 10, tokensPerSecond: 50 });
const firstOfOne = await both((side) => firstTokens(side, 1), showLatency);
const firstOfMany = await both((side) => firstTokens(side, streams), showLatency);

await simulator.ask("control", { tokens, tokensPerSecond: 0 });
const speed = await both(
  async (side) => {
    const from = performance.now();
    const all = await Promise.all(Array.from({ length: streams }, () => sides[side].stream(prompt)));
    const counted = all.reduce((sum, each) => sum + each.tokens, 0);
    if (counted !== streams * tokens) throw new Error(`${counted} tokens instead of ${streams * tokens}`);
    return (counted / (performance.now() - from)) * 1_000;
  },
  (perSecond) => `${Math.round(perSecond)} tokens/s`,
);
await delay(settleMs);
const loadedBytes = gateway.rss();

const pick = <T>(measured: Record<Side, T[]>, value: (one: T) => number): Record<Side, number[]> => ({
  ours: measured.ours.map(value),
  direct: measured.direct.map(value),
});
const p50 = pick(one, (each) => each.p50);
const p99 = pick(one, (each) => each.p99);
const rate = pick(load, (each) => each.perSecond);
const figures = {
  addedP50Ms: added(p50),
  addedP99Ms: added(p99),
  perSecond: Math.round(median(rate.ours)),
  directPerSecond: Math.round(median(rate.direct)),
  cpuSecondsPer1000: roundTo(median(load.ours.map(({ cpuMs }) => cpuMs)), 3),
  firstTokenAddedMs: added(pick(firstOfOne, (each) => each.p50)),
  firstTokenOfManyAddedMs: added(pick(firstOfMany, (each) => each.p50)),
  tokensPerSecond: Math.round(median(speed.ours)),
  directTokensPerSecond: Math.round(median(speed.direct)),
  readyMs: Math.round(gateway.readyMs),
  idleMb: Math.round(idleBytes / 1_048_576),
  loadedMb: Math.round(loadedBytes / 1_048_576),
};
const ratio = roundTo(median(p50.ours) / median(p50.direct), 2);
const against = (value: number, goal: number) => roundTo(value / goal, 2);
printReport(
  { name: "gateway", ratio, unit: "latency through the gateway / directly, p50", figures, goals, parameters },
  [
    {
      what: "added latency p50",
      ours: `${figures.addedP50Ms} ms`,
      baseline: `goal ${goals.p50Ms} ms`,
      ratio: against(figures.addedP50Ms, goals.p50Ms),
      goal: "≤1",
    },
    {
      what: "added latency p99",
      ours: `${figures.addedP99Ms} ms`,
      baseline: `goal ${goals.p99Ms} ms`,
      ratio: against(figures.addedP99Ms, goals.p99Ms),
      goal: "≤1",
    },
    {
      what: `requests/s, ${connections} connections`,
      ours: `${figures.perSecond}/s`,
      baseline: `goal ${goals.perSecond}/s`,
      ratio: against(figures.perSecond, goals.perSecond),
      goal: "≥1",
    },
    {
      what: "CPU per 1,000, gateway + worker",
      ours: `${figures.cpuSecondsPer1000} s`,
      baseline: `goal ${goals.cpuMs} s`,
      ratio: against(figures.cpuSecondsPer1000, goals.cpuMs),
      goal: "≤1",
    },
    {
      what: "first token added, 1 stream",
      ours: `${figures.firstTokenAddedMs} ms`,
      baseline: `goal ${goals.firstMs} ms`,
      ratio: against(figures.firstTokenAddedMs, goals.firstMs),
      goal: "≤1",
    },
    {
      what: `first token added, ${streams} streams`,
      ours: `${figures.firstTokenOfManyAddedMs} ms`,
      baseline: `goal ${goals.firstManyMs} ms`,
      ratio: against(figures.firstTokenOfManyAddedMs, goals.firstManyMs),
      goal: "≤1",
    },
    {
      what: `tokens/s, ${streams} streams`,
      ours: `${figures.tokensPerSecond}`,
      baseline: `goal ${goals.tokensPerSecond}`,
      ratio: against(figures.tokensPerSecond, goals.tokensPerSecond),
      goal: "≥1",
    },
    {
      what: "ready after start",
      ours: `${figures.readyMs} ms`,
      baseline: "goal 1000 ms",
      ratio: against(figures.readyMs, 1_000),
      goal: "≤1",
    },
    { what: "memory, idle", ours: `${figures.idleMb} MB`, baseline: "goal 90 MB", ratio: against(figures.idleMb, 90), goal: "≤1" },
    {
      what: "memory, after load",
      ours: `${figures.loadedMb} MB`,
      baseline: "goal 160 MB",
      ratio: against(figures.loadedMb, 160),
      goal: "≤1",
    },
  ],
  json,
);
