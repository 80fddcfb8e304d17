import type { SemanticCacheState } from "@llm-router/contracts";
import type { ModelStatus, Stats } from "@llm-router/client";
import { formatTable } from "@llm-router/service-kit/format-table";

/** What `llm-router status` prints. */
export function formatStatus(stats: Stats, models: readonly ModelStatus[], semanticCaches: readonly SemanticCacheState[]): string {
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
  return `requests  ${counts}${rates}${semanticLine(semanticCaches)}\n\n${table}`;
}

/** How the workers' semantic caches are, each of them with how many are so. */
function semanticLine(caches: readonly SemanticCacheState[]): string {
  if (caches.length === 0) return "";
  const workers = Map.groupBy(caches, describeCache);
  const parts = [...workers].map(([how, those]) => `${how} (${those.length} ${those.length === 1 ? "worker" : "workers"})`);
  return `\nsemantic  ${parts.join("; ")}`;
}

function describeCache({ state, detail, store }: SemanticCacheState): string {
  const how = state === "off" || detail === undefined ? state : `${state}: ${detail}`;
  if (store?.ok !== false) return how;
  return `${how}, its store does not answer${store.detail === undefined ? "" : `: ${store.detail}`}`;
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
