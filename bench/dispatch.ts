// Requests placed per second, 50 in flight on one connection, with 8 candidates on one route: ours against stock queue.add.
// The queues only fill; no worker takes anything. The namespace is emptied before each measurement.
import { Queue } from "bullmq";
import { newClientId, newRequestId, type RouteConfig, schemaVersion } from "@llm-router/contracts";
import { planRequest } from "@llm-router/dispatcher";
import { dispatch, type DispatchInput, readSharedConfig } from "@llm-router/job-queue";
import { startLocalRedis } from "@llm-router/service-kit";
import { cpuOf, ownCpuUs, redisCpuUs } from "./lib/cpu.ts";
import { place } from "./lib/load.ts";
import { readOptions } from "./lib/options.ts";
import { connectOurs, defineModels } from "./lib/our-namespace.ts";
import { printReport } from "./lib/report.ts";
import { interleave } from "./lib/rounds.ts";
import { promptOf, stockOptions, stockPriority, stockQueue } from "./lib/setup.ts";
import { median, roundTo } from "./lib/statistics.ts";

const { json, values: parameters } = readOptions({ rounds: 7, requests: 10_000, inFlight: 50, candidates: 8, promptBytes: 200 });
const { rounds, requests, inFlight, candidates, promptBytes } = parameters;

await using redis = await startLocalRedis();
await using ours = await connectOurs(redis.port);
await using queue = disposable(new Queue(stockQueue, stockOptions(redis.port)));
await queue.waitUntilReady();

const names = Array.from({ length: candidates }, (_, i) => `model-${i}`);
/** Both sides carry the same data. */
const jobData = { v: schemaVersion, request: { prompt: promptOf(promptBytes) }, onBrokenStream: "restart" };
const data = JSON.stringify(jobData);
const clientId = newClientId();

interface Measured {
  perSecond: number;
  /** CPU time of one placement, µs. It hardly depends on what else the machine does. */
  cpuUs: Record<"redis" | "client", number>;
}

async function measure(placeOne: () => Promise<void>): Promise<Measured> {
  const meters = { redis: () => redisCpuUs(ours.redis), client: async () => ownCpuUs() };
  const { value: perSecond, cpuUs } = await cpuOf(meters, () => place(placeOne, requests, inFlight));
  return { perSecond, cpuUs: { redis: cpuUs.redis / requests, client: cpuUs.client / requests } };
}

/** Every candidate is alive and has room: `ordered` is sure after the first, the other strategies look at all. */
async function placeOurs(strategy: RouteConfig["strategy"]): Promise<Measured> {
  await ours.redis.flushall();
  await defineModels(ours, { names, concurrency: 16, maxQueueDepth: 1_000_000, strategy });
  await ours.run("beat", ["bench-worker", 3_600_000, "{}", ...names]);
  const config = await readSharedConfig(ours);
  const plan = planRequest({}, "NORMAL", config);
  const input: Omit<DispatchInput, "id"> = {
    ...plan,
    ...config.retention,
    clientId,
    classRank: 2,
    priority: stockPriority,
    timeoutMs: 86_400_000,
    streamed: false,
    tenant: "",
    cacheMode: "use",
    tokenEstimate: 512,
    data,
    configVersion: config.version,
  };
  const placeOne = async () => {
    const reply = await dispatch(ours, { ...input, id: newRequestId(clientId) });
    if (reply.kind !== "placed") throw new Error(`not placed: ${JSON.stringify(reply)}`);
  };
  return measure(placeOne);
}

async function addOne(): Promise<void> {
  await queue.add("generate", jobData, { priority: stockPriority });
}

async function placeStock(): Promise<Measured> {
  await ours.redis.flushall();
  return measure(addOne);
}

const measured = await interleave({
  rounds,
  sides: {
    stock: placeStock,
    ordered: () => placeOurs("ordered"),
    "least-depth": () => placeOurs("least-depth"),
    fastest: () => placeOurs("fastest"),
  },
  show: ({ perSecond, cpuUs }) =>
    `${Math.round(perSecond)}/s, µs each: redis ${Math.round(cpuUs.redis)}, client ${Math.round(cpuUs.client)}`,
});

const rateOf = (side: readonly Measured[]) => median(side.map(({ perSecond }) => perSecond));
const cpuOfSide = (side: readonly Measured[]) => ({
  redis: Math.round(median(side.map(({ cpuUs }) => cpuUs.redis))),
  client: Math.round(median(side.map(({ cpuUs }) => cpuUs.client))),
});
const stock = rateOf(measured.stock);
const sides = (["ordered", "least-depth", "fastest"] as const).map((strategy) => {
  const rate = rateOf(measured[strategy]);
  return { strategy, rate, ratio: rate / stock };
});
const [ordered, leastDepth, fastest] = sides.map(({ ratio }) => roundTo(ratio, 3));
printReport(
  {
    name: "dispatch",
    ratio: ordered ?? 0,
    ratioLeastDepth: leastDepth,
    ratioFastest: fastest,
    goal: "≥0.6",
    unit: "requests placed per second",
    ours: Object.fromEntries(sides.map(({ strategy, rate }) => [strategy, Math.round(rate)])),
    stock: Math.round(stock),
    cpuUsPerRequest: Object.fromEntries(Object.entries(measured).map(([side, all]) => [side, cpuOfSide(all)])),
    perRound: Object.fromEntries(
      Object.entries(measured).map(([side, rates]) => [side, rates.map(({ perSecond }) => Math.round(perSecond))]),
    ),
    parameters,
  },
  sides.map(({ strategy, rate, ratio }) => ({
    what: `dispatch, ${strategy}`,
    ours: `${Math.round(rate)}/s`,
    baseline: `${Math.round(stock)}/s`,
    ratio,
    goal: "≥0.6",
  })),
  json,
);

function disposable(stockQueueObject: Queue): Queue & AsyncDisposable {
  return Object.assign(stockQueueObject, { [Symbol.asyncDispose]: () => stockQueueObject.close() });
}
