// Answers per second with every client at 64 requests in flight, from 1 and from 16 client processes, and one worker
// process whose model answers at once. Ours against stock, where each client has its own Queue and QueueEvents.
import { startLocalRedis } from "@llm-router/service-kit";
import { Redis } from "ioredis";
import { cpuOf, redisCpuUs } from "./lib/cpu.ts";
import type { Saturated, Window } from "./lib/load.ts";
import { readOptions } from "./lib/options.ts";
import { type Part, startPart } from "./lib/part.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { median, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({
  rounds: 5,
  windowMs: 3_000,
  leadMs: 700,
  clients: 16,
  inFlight: 64,
  concurrency: 50,
  promptBytes: 200,
});
const { rounds, windowMs, leadMs, clients, inFlight, concurrency, promptBytes } = parameters;

interface Measured {
  perSecond: number;
  /** CPU time that one answer costs each process, µs. It hardly depends on what else the machine does. */
  cpuUs: Record<"redis" | "worker" | "clients", number>;
  failed: number;
  firstError: string | undefined;
}

await using redis = await startLocalRedis();
await using stack = new AsyncDisposableStack();
const setup = { port: redis.port, promptBytes, concurrency };
const admin = stack.adopt(new Redis(redis.url), (connection) => connection.disconnect());
const ourWorker = stack.use(await startPart("our-worker", setup));
const stockWorker = stack.use(await startPart("stock-worker", setup));
const ourClients = await startClients("our-client");
const stockClients = await startClients("stock-client");

async function startClients(name: "our-client" | "stock-client"): Promise<Part[]> {
  const parts: Part[] = [];
  for (let i = 0; i < clients; i++) parts.push(stack.use(await startPart(name, setup)));
  return parts;
}

async function load(parts: readonly Part[], worker: Part): Promise<Measured> {
  const startAt = Date.now() + leadMs + 100;
  const window: Window = { startAt, endAt: startAt + windowMs, inFlight, leadMs };
  const meters = {
    redis: () => redisCpuUs(admin),
    worker: () => worker.ask<number>("cpuUs"),
    clients: async () => (await Promise.all(parts.map((part) => part.ask<number>("cpuUs")))).reduce((sum, one) => sum + one, 0),
  };
  const { value: all, cpuUs } = await cpuOf(meters, () => Promise.all(parts.map((part) => part.ask<Saturated>("saturate", window))));
  const sum = (count: (one: Saturated) => number) => all.reduce((total, one) => total + count(one), 0);
  const calls = Math.max(
    sum((one) => one.all),
    1,
  );
  return {
    perSecond: (sum(({ answered }) => answered) / windowMs) * 1_000,
    cpuUs: { redis: cpuUs.redis / calls, worker: cpuUs.worker / calls, clients: cpuUs.clients / calls },
    failed: sum(({ failed }) => failed),
    firstError: all.find(({ firstError }) => firstError)?.firstError,
  };
}

const measured = await interleave({
  rounds,
  sides: {
    ours: () => load(ourClients.slice(0, 1), ourWorker),
    stock: () => load(stockClients.slice(0, 1), stockWorker),
    "ours of many": () => load(ourClients, ourWorker),
    "stock of many": () => load(stockClients, stockWorker),
  },
  show: ({ perSecond, cpuUs, failed, firstError }) =>
    `${Math.round(perSecond)}/s, µs each: redis ${Math.round(cpuUs.redis)}, worker ${Math.round(cpuUs.worker)}, clients ${Math.round(cpuUs.clients)}${failed > 0 ? `, ${failed} failed: ${firstError ?? ""}` : ""}`,
});

const cpu = (side: readonly Measured[]) => ({
  redis: Math.round(median(side.map(({ cpuUs }) => cpuUs.redis))),
  worker: Math.round(median(side.map(({ cpuUs }) => cpuUs.worker))),
  clients: Math.round(median(side.map(({ cpuUs }) => cpuUs.clients))),
});
const perSecond = (side: readonly Measured[]) => Math.round(median(side.map((one) => one.perSecond)));
const failures = (side: readonly Measured[]) => side.reduce((total, { failed }) => total + failed, 0);
const ours = { one: perSecond(measured.ours), many: perSecond(measured["ours of many"]) };
const stock = { one: perSecond(measured.stock), many: perSecond(measured["stock of many"]) };
const ratio = roundTo(ours.one / stock.one, 3);
const ratio16 = roundTo(ours.many / stock.many, 3);
printReport(
  {
    name: "throughput",
    ratio,
    ratio16,
    goal: "≥1.0",
    goal16: "≥2.5",
    unit: "answers per second",
    ours,
    stock,
    failed: {
      ours: failures([...measured.ours, ...measured["ours of many"]]),
      stock: failures([...measured.stock, ...measured["stock of many"]]),
    },
    cpuUsPerAnswer: Object.fromEntries(Object.entries(measured).map(([side, all]) => [side, cpu(all)])),
    perRound: Object.fromEntries(Object.entries(measured).map(([side, all]) => [side, all.map((one) => Math.round(one.perSecond))])),
    parameters,
  },
  [
    { what: "1 client process", ours: `${ours.one}/s`, baseline: `${stock.one}/s`, ratio, goal: "≥1.0" },
    { what: `${clients} client processes`, ours: `${ours.many}/s`, baseline: `${stock.many}/s`, ratio: ratio16, goal: "≥2.5" },
  ],
  json,
);
