import type { RunCounters, ServedModelStatus } from "@llm-router/worker-runtime";

/** The type of Prometheus's text format. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

interface Sample {
  labels: Record<string, string>;
  value: number;
}

interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge";
  of: (model: ServedModelStatus) => Sample[];
}

const plain = (name: string, help: string, value: (counters: RunCounters) => number): Metric => ({
  name: `llmr_worker_${name}`,
  help,
  type: "counter",
  of: ({ counters }) => [{ labels: {}, value: value(counters) }],
});

const perLabel = (name: string, help: string, label: string, values: (counters: RunCounters) => Record<string, number>): Metric => ({
  name: `llmr_worker_${name}`,
  help,
  type: "counter",
  of: ({ counters }) => Object.entries(values(counters)).map(([key, value]) => ({ labels: { [label]: key }, value })),
});

const gauge = (name: string, help: string, of: (model: ServedModelStatus) => Sample[]): Metric => ({
  name: `llmr_worker_${name}`,
  help,
  type: "gauge",
  of,
});

const metrics: Metric[] = [
  gauge("active_runs", "Runs under way.", ({ active }) => [{ labels: {}, value: active }]),
  gauge("model_healthy", "1 when the last health check was good.", ({ health }) =>
    health ? [{ labels: {}, value: Number(health.ok) }] : [],
  ),
  gauge("breaker_state", "1 for the state that the model's breaker is in.", ({ breaker }) =>
    ["closed", "open", "half-open"].map((state) => ({ labels: { state }, value: Number(state === breaker) })),
  ),
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

/** What a worker counted, in Prometheus's text format. */
export function formatMetrics(models: readonly ServedModelStatus[]): string {
  const lines = metrics.flatMap(({ name, help, type, of }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...models.flatMap((model) => of(model).map(({ labels, value }) => `${name}${formatLabels({ model: model.name, ...labels })} ${value}`)),
  ]);
  return `${lines.join("\n")}\n`;
}

/** Model names and our own words need no escapes. */
function formatLabels(labels: Record<string, string>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}}`;
}
