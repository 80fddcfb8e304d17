import type { Client, ModelStatus, Stats } from "@llm-router/client";
import { Counter, Gauge, type Registry } from "prom-client";

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

interface Metric<Of> {
  name: string;
  help: string;
  labels?: readonly string[];
  of: (what: Of) => Sample[];
}

const by = (label: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
const one = (value: number): Sample[] => [{ value }];

/** The same numbers as GET /v1/admin/stats: the scripts in Redis count them, for all processes together. */
const counters: Metric<Stats>[] = [
  {
    name: "requests",
    help: "Requests with an outcome.",
    labels: ["class", "model", "outcome"],
    of: ({ ended }) => ended.map(({ count, ...labels }) => ({ labels, value: count })),
  },
  { name: "accepted", help: "Requests that were accepted.", of: ({ accepted }) => one(accepted) },
  { name: "refused", help: "Requests that were refused.", of: ({ refused }) => one(refused) },
  { name: "recovered", help: "Jobs whose worker was lost, and that went back to their queue.", of: ({ recovered }) => one(recovered) },
  { name: "moved_out", help: "Jobs moved away from a model.", labels: ["model"], of: (stats) => by("model", stats.movedOut) },
  { name: "moved_in", help: "Jobs moved to a model.", labels: ["model"], of: (stats) => by("model", stats.movedIn) },
  { name: "breaker_opened", help: "Times that a breaker opened.", labels: ["model"], of: (stats) => by("model", stats.breakerOpened) },
  {
    name: "cache_hits",
    help: "Requests answered from the cache, by the tier that found the answer.",
    labels: ["tier"],
    of: (stats) => by("tier", stats.cacheHitsByTier),
  },
];

/** The same as GET /v1/admin/models; each has the label `model`, too. */
const gauges: Metric<ModelStatus>[] = [
  {
    name: "depth",
    help: "Jobs of a model, by where they are.",
    labels: ["state"],
    of: ({ waiting, delayed, active }) => by("state", { waiting, delayed, active }),
  },
  { name: "waiting", help: "Jobs that wait, by class.", labels: ["class"], of: ({ waitingByClass }) => by("class", waitingByClass) },
  { name: "expected_wait_seconds", help: "What a new NORMAL request would wait.", of: ({ expectedWaitMs }) => one(expectedWaitMs / 1_000) },
  { name: "max_queue_depth", help: "Most jobs that a model takes.", of: ({ maxQueueDepth }) => one(maxQueueDepth) },
  { name: "workers", help: "Workers alive that serve a model.", of: ({ workers }) => one(workers) },
  { name: "paused", help: "1 when an operator paused the model.", of: ({ paused }) => one(Number(paused)) },
  {
    name: "breaker_state",
    help: "1 for the state that a model's breaker is in.",
    labels: ["state"],
    of: ({ circuitBreaker: { state } }) =>
      by("state", { closed: Number(state === "closed"), open: Number(state === "open"), "half-open": Number(state === "half-open") }),
  },
];

/** Reads the namespace's numbers into a registry, each time the returned function is called; it says whether Redis answered. */
export function namespaceMetrics(client: Client, register: Registry): () => Promise<boolean> {
  const registers = [register];
  const counts = counters.map(({ name, help, labels = [], of }) => ({
    of,
    metric: new Counter({ name: `llmr_${name}_total`, help, labelNames: labels, registers }),
  }));
  const states = gauges.map(({ name, help, labels = [], of }) => ({
    of,
    metric: new Gauge({ name: `llmr_${name}`, help, labelNames: ["model", ...labels], registers }),
  }));
  let reading: Promise<boolean> | undefined;
  const read = async (): Promise<boolean> => {
    const found = await Promise.all([client.getStats(), client.getModelStatus()]).catch(() => undefined); // llmr_redis_up says so
    for (const { metric } of [...counts, ...states]) metric.reset();
    if (!found) return false;
    const [stats, models] = found;
    for (const { metric, of } of counts) for (const { labels = {}, value } of of(stats)) metric.inc(labels, value);
    for (const { metric, of } of states) {
      for (const model of models) for (const { labels, value } of of(model)) metric.set({ model: model.name, ...labels }, value);
    }
    return true;
  };
  return () => {
    reading ??= read().finally(() => (reading = undefined));
    return reading;
  };
}
