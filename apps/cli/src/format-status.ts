import type { ModelStatus, Stats } from "@llm-router/client";
import { formatTable } from "@llm-router/service-kit/format-table";

/** What `llm-router status` prints. */
export function formatStatus(stats: Stats, models: readonly ModelStatus[]): string {
  const { accepted, successes, failures, cancelled, expired, refused, cacheHits, avgLatencyMs, successRate, totalRequests } = stats;
  const counts = `${accepted} accepted, ${successes} answered, ${failures} failed, ${cancelled} cancelled, ${expired} expired, ${refused} refused`;
  const rates =
    totalRequests === 0
      ? ""
      : `\nanswered  ${(successRate * 100).toFixed(1)} % of those that ended, in ${formatMs(avgLatencyMs)} on average; ${cacheHits} from the cache`;
  const table =
    models.length === 0
      ? "No models are defined here yet. A worker defines them: npx llm-router worker"
      : formatTable(
          ["MODEL", "PROVIDER", "STATE", "BREAKER", "DEPTH", "WAITING", "ACTIVE", "WORKERS", "WAIT"],
          models.map((model) => [
            model.name,
            `${model.provider} ${model.model}`,
            stateOf(model),
            breakerOf(model),
            `${model.queueDepth}/${model.maxQueueDepth}`,
            String(model.waiting + model.delayed),
            `${model.active}/${model.concurrency}`,
            String(model.workers),
            model.serviceMs === undefined ? "-" : formatMs(model.expectedWaitMs),
          ]),
        );
  return `requests  ${counts}${rates}\n\n${table}`;
}

/** Whether it takes work now, and if not, the first reason. */
function stateOf({ paused, workers, circuitBreaker, heldUntil }: ModelStatus): string {
  if (paused) return "paused";
  if (workers === 0) return "no worker";
  if (circuitBreaker.state === "open") return "unavailable";
  return heldUntil === undefined ? "ready" : `held until ${formatTime(heldUntil)}`;
}

function breakerOf({ circuitBreaker: { state, failureCount, openUntil } }: ModelStatus): string {
  if (openUntil !== undefined) return `open until ${formatTime(openUntil)}`;
  return state === "closed" && failureCount > 0 ? `closed (${failureCount} failed in a row)` : state;
}

/** Local time of day. */
function formatTime(epochMs: number): string {
  return new Date(epochMs).toTimeString().slice(0, 8);
}

function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
