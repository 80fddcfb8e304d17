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
const ourClients: Part[] = [];
const stockClients: Part[] = [];

/** No more than are measured: an idle stock client reads every event of the queue, and would slow the others down. */
async function startClients(count: number): Promise<void> {
  while (ourClients.length < count) {
    ourClients.push(stack.use(await startPart("our-client", setup)));
    stockClients.push(stack.use(await startPart("stock-client", setup)));
  }
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

/** One round after the other with this many clients on each side. */
async function compare(count: number): Promise<Record<"ours" | "stock", Measured[]>> {
  console.error(`bench: ${count} client ${count === 1 ? "process" : "processes"} on each side`);
  await startClients(count);
  return interleave({
    rounds,
    sides: { ours: () => load(ourClients, ourWorker), stock: () => load(stockClients, stockWorker) },
    show: ({ perSecond, cpuUs, failed, firstError }) =>
      `${Math.round(perSecond)}/s, µs each: redis ${Math.round(cpuUs.redis)}, worker ${Math.round(cpuUs.worker)}, clients ${Math.round(cpuUs.clients)}${
        failed > 0 ? `, ${failed} failed: ${firstError ?? ""}` : ""
      }`,
  });
}

const one = await compare(1);
const many = await compare(clients);
const sides = { "ours, 1": one.ours, "stock, 1": one.stock, [`ours, ${clients}`]: many.ours, [`stock, ${clients}`]: many.stock };

const cpu = (side: readonly Measured[]) => ({
  redis: Math.round(median(side.map(({ cpuUs }) => cpuUs.redis))),
  worker: Math.round(median(side.map(({ cpuUs }) => cpuUs.worker))),
  clients: Math.round(median(side.map(({ cpuUs }) => cpuUs.clients))),
});
const rateOf = (side: readonly Measured[]) => Math.round(median(side.map(({ perSecond }) => perSecond)));
const failures = (side: readonly Measured[]) => side.reduce((total, { failed }) => total + failed, 0);
const ours = { one: rateOf(one.ours), many: rateOf(many.ours) };
const stock = { one: rateOf(one.stock), many: rateOf(many.stock) };
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
      ours: failures([...one.ours, ...many.ours]),
      stock: failures([...one.stock, ...many.stock]),
    },
    cpuUsPerAnswer: Object.fromEntries(Object.entries(sides).map(([side, all]) => [side, cpu(all)])),
    perRound: Object.fromEntries(Object.entries(sides).map(([side, all]) => [side, all.map(({ perSecond }) => Math.round(perSecond))])),
    parameters,
  },
  [
    { what: "1 client process", ours: `${ours.one}/s`, baseline: `${stock.one}/s`, ratio, goal: "≥1.0" },
    { what: `${clients} client processes`, ours: `${ours.many}/s`, baseline: `${stock.many}/s`, ratio: ratio16, goal: "≥2.5" },
  ],
  json,
);
