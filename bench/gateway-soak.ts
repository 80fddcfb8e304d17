// Many streams for a long time: first `--streams 500` at once for `--minutes 10`, each begun again when it ends; then 100 of
// which 50 are never read. The gateway's memory must stay flat, and those who read must keep their pace.
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { startLocalRedis } from "@llm-router/service-kit";
import { type ChatLoad, openChatLoad } from "./lib/http-load.ts";
import { growthOf, watchMemory } from "./lib/memory-watch.ts";
import { readOptions } from "./lib/options.ts";
import { startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { promptOf } from "./lib/setup.ts";
import { median, percentile, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  minutes: 10,
  streams: 500,
  tokens: 40,
  tokensPerSecond: 4,
  readers: 50,
  unread: 50,
  unreadSeconds: 60,
  unreadTokensPerSecond: 20,
});
const { minutes, streams, tokens, tokensPerSecond, readers, unread, unreadSeconds, unreadTokensPerSecond } = parameters;
const goalGrowth = 1.1;
const sampleMs = 2_000;
const prompt = promptOf(200);

await using redis = await startLocalRedis();
const setup = { port: redis.port, promptBytes: 200, concurrency: 2_000 };
await using simulator = await startPart("simulator", setup);
const modelUrl = await simulator.ask<string>("url");
await using worker = await startPart("model-worker", { ...setup, modelUrl, maxQueueDepth: 10_000, resultTtlMs: 10_000 });
await using gateway = await startPart("gateway", setup);
const url = await gateway.ask<string>("url");
using load = openChatLoad(url, "m", streams + readers);
const memory = { gateway: () => gateway.ask<number>("rss"), worker: () => worker.ask<number>("rss") };

interface Read {
  streams: number;
  /** Tokens per second of each stream, from its first to its last. */
  paces: number[];
  failed: number;
  firstError?: string;
}

/** Keeps `count` streams under way until then. */
async function keepReading(chat: ChatLoad, count: number, untilMs: number): Promise<Read> {
  const read: Read = { streams: 0, paces: [], failed: 0 };
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      // Not all in the same moment: they would end and begin again in the same moment, too.
      await delay((i / count) * Math.min(10_000, (untilMs - performance.now()) / 4));
      while (performance.now() < untilMs) {
        const startedAt = performance.now();
        try {
          const { tokens: came, firstTokenMs } = await chat.stream(prompt);
          read.streams += 1;
          read.paces.push(((came - 1) / (performance.now() - startedAt - firstTokenMs)) * 1_000);
        } catch (error) {
          read.failed += 1;
          read.firstError ??= String(error);
        }
      }
    }),
  );
  return read;
}

/** Asks for an answer and never reads a byte of it. */
function askAndLeaveUnread(): Socket {
  const { hostname, port, host } = new URL(url);
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: prompt }] });
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined); // the gateway cuts it off after a while, as it should
  socket.pause();
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  return socket;
}

/** Memory while `work` is done. */
async function watched(work: () => Promise<Read>, forMs: number) {
  await using watch = watchMemory(Math.min(sampleMs, forMs / 20), memory);
  const read = await work();
  return { read, growth: growthOf(watch.samples, forMs) };
}

const soakMs = minutes * 60_000;
console.error(`bench: ${streams} streams for ${minutes} min`);
await simulator.ask("control", { tokens, tokensPerSecond });
const soak = await watched(() => keepReading(load, streams, performance.now() + soakMs), soakMs);
console.error(
  `bench: ${soak.read.streams} streams, ${soak.read.failed} failed ${soak.read.firstError ?? ""}, ${JSON.stringify(soak.growth["gateway"])}`,
);

console.error(`bench: ${readers} streams alone, then beside ${unread} that are never read, ${unreadSeconds} s each`);
await simulator.ask("control", { tokens: 100, tokensPerSecond: unreadTokensPerSecond });
const alone = await keepReading(load, readers, performance.now() + unreadSeconds * 1_000);
// So many that no buffer of the system holds them.
await simulator.ask("control", { tokens: 50_000, tokensPerSecond: 1_000 });
const sockets = Array.from({ length: unread }, askAndLeaveUnread);
await delay(500);
await simulator.ask("control", { tokens: 100, tokensPerSecond: unreadTokensPerSecond });
const beside = await watched(() => keepReading(load, readers, performance.now() + unreadSeconds * 1_000), unreadSeconds * 1_000);
for (const socket of sockets) socket.destroy();

const pace = ({ paces }: Read) => (paces.length === 0 ? 0 : roundTo(median(paces), 2));
const slowest = ({ paces }: Read) => (paces.length === 0 ? 0 : roundTo(percentile(paces, 0.05), 2));
const figures = {
  streams: soak.read.streams,
  failed: soak.read.failed + alone.failed + beside.read.failed,
  firstError: soak.read.firstError ?? alone.firstError ?? beside.read.firstError,
  tokensPerSecond: { wanted: tokensPerSecond, median: pace(soak.read), slowest5Percent: slowest(soak.read) },
  memory: soak.growth,
  unread: {
    memory: beside.growth,
    alone: { median: pace(alone), slowest5Percent: slowest(alone) },
    beside: { median: pace(beside.read), slowest5Percent: slowest(beside.read) },
  },
};
const ratio = soak.growth["gateway"]?.ratio ?? Number.NaN;
const besideRatio = beside.growth["gateway"]?.ratio ?? Number.NaN;
const paceRatio = roundTo(pace(beside.read) / pace(alone), 2);
const mb = (growth: Record<string, { warmMb: number; endMb: number }>) => ({
  warm: `${growth["gateway"]?.warmMb ?? 0} MB`,
  end: `${growth["gateway"]?.endMb ?? 0} MB`,
});
printReport(
  { name: "gateway-soak", ratio, goal: `≤${goalGrowth}`, unit: "memory of the gateway at the end / once warm", figures, parameters },
  [
    { what: `memory, ${streams} streams`, ours: mb(soak.growth).end, baseline: mb(soak.growth).warm, ratio, goal: `≤${goalGrowth}` },
    {
      what: `memory, ${unread} never read`,
      ours: mb(beside.growth).end,
      baseline: mb(beside.growth).warm,
      ratio: besideRatio,
      goal: `≤${goalGrowth}`,
    },
    { what: "pace of the others, tokens/s", ours: `${pace(beside.read)}`, baseline: `${pace(alone)}`, ratio: paceRatio, goal: "≥0.9" },
    { what: "failed", ours: `${figures.failed}`, baseline: "", ratio: figures.failed, goal: "≤0" },
  ],
  json,
);
