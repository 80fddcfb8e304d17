import type { SemanticCachePort } from "@llm-router/contracts";
import { registerSemanticCacheGauges } from "@llm-router/service-kit/semantic-cache-gauges";
import type { AnsweredRun, RunCounters, ServedModelStatus, WorkerHandle } from "@llm-router/worker-runtime";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

interface Metric {
  name: string;
  help: string;
  /** Beside `model`. */
  label?: string;
  of: (model: ServedModelStatus) => Sample[];
}

const plain = (name: string, help: string, value: (counters: RunCounters) => number): Metric => ({
  name,
  help,
  of: ({ counters }) => [{ value: value(counters) }],
});

const perLabel = (name: string, help: string, label: string, values: (counters: RunCounters) => Record<string, number>): Metric => ({
  name,
  help,
  label,
  of: ({ counters }) => Object.entries(values(counters)).map(([key, value]) => ({ labels: { [label]: key }, value })),
});

const gauges: Metric[] = [
  { name: "active_runs", help: "Runs under way.", of: ({ active }) => [{ value: active }] },
  {
    name: "model_healthy",
    help: "1 when the last health check was good.",
    of: ({ health }) => (health ? [{ value: Number(health.ok) }] : []),
  },
  {
    name: "breaker_state",
    help: "1 for the state that the model's breaker is in.",
    label: "state",
    of: ({ breaker }) => ["closed", "open", "half-open"].map((state) => ({ labels: { state }, value: Number(state === breaker) })),
  },
];

const counters: Metric[] = [
  plain("runs_total", "Runs that this worker was granted.", ({ runs }) => runs),
  plain("completed_total", "Calls that gave a whole answer.", ({ completed }) => completed),
  perLabel("failed_calls_total", "Calls that failed, by kind.", "kind", ({ failed }) => failed),
  perLabel("aborted_runs_total", "Runs that were stopped from outside, by reason.", "reason", ({ aborted }) => aborted),
  plain("runs_without_call_total", "Runs that ended before their call.", ({ notCalled }) => notCalled),
  perLabel("finished_runs_total", "What became of the requests of finished runs.", "status", ({ finished }) => finished),
  plain("breaker_opened_total", "Failures reported by this worker that opened the breaker.", ({ breakerOpened }) => breakerOpened),
  plain("prompt_tokens_total", "Prompt tokens, as providers counted them.", ({ promptTokens }) => promptTokens),
  plain("completion_tokens_total", "Answer tokens, as providers counted them.", ({ completionTokens }) => completionTokens),
  plain("deltas_total", "Deltas appended to token streams.", ({ deltas }) => deltas),
  plain("append_failures_total", "Appends to token streams that failed and were tried again.", ({ appendFailures }) => appendFailures),
  plain("cache_writes_total", "Answers put into the exact cache.", ({ cacheWrites }) => cacheWrites),
  plain(
    "cache_write_failures_total",
    "Answers that could not be put into the exact cache.",
    ({ cacheWriteFailures }) => cacheWriteFailures,
  ),
  plain("run_seconds_total", "Time spent in runs.", ({ runMs }) => runMs / 1_000),
];

/** From quick models to the longest budgets, s. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1_800];

export interface WorkerMetrics {
  contentType: string;
  /** Takes a run's times into the histograms. */
  observe: (run: AnsweredRun) => void;
  /** Prometheus's page: what a worker counts, read now, the times of its runs, and its process (memory, event-loop delay). */
  read(worker: Pick<WorkerHandle, "status">): Promise<string>;
}

/** @param semanticCache Asked for its state when the page is read. */
export function workerMetrics(semanticCache?: Pick<SemanticCachePort, "state">): WorkerMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const options = ({ name, help, label }: Pick<Metric, "name" | "help" | "label">) => ({
    name: `llmr_worker_${name}`,
    help,
    labelNames: ["model", ...(label === undefined ? [] : [label])],
    registers,
  });
  const rising = counters.map((metric) => ({ of: metric.of, metric: new Counter(options(metric)) }));
  const states = gauges.map((metric) => ({ of: metric.of, metric: new Gauge(options(metric)) }));
  registerSemanticCacheGauges(register, "worker", () => semanticCache?.state() ?? { state: "off" });
  const histogram = (name: string, help: string) => new Histogram({ ...options({ name: `${name}_seconds`, help }), buckets });
  const wait = histogram("wait", "Time that answered requests waited in queues.");
  const run = histogram("run", "Time of calls that gave an answer.");
  const firstToken = histogram("first_token", "Time from the call to its first token, of streamed requests.");
  const total = histogram("total", "Time from acceptance to the whole answer.");
  return {
    contentType: register.contentType,
    observe({ model, waitMs, runMs, firstTokenMs, totalMs }) {
      wait.observe({ model }, waitMs / 1_000);
      run.observe({ model }, runMs / 1_000);
      total.observe({ model }, totalMs / 1_000);
      if (firstTokenMs !== undefined) firstToken.observe({ model }, firstTokenMs / 1_000);
    },
    async read(worker) {
      for (const { metric } of [...rising, ...states]) metric.reset();
      for (const model of worker.status()) {
        for (const { metric, of } of rising) for (const { labels, value } of of(model)) metric.inc({ model: model.name, ...labels }, value);
        for (const { metric, of } of states) for (const { labels, value } of of(model)) metric.set({ model: model.name, ...labels }, value);
      }
      return register.metrics();
    },
  };
}
