import { nearest, RouterError, type Skipped } from "@llm-router/contracts";
import type { DispatchReply, SharedConfig } from "@llm-router/job-queue";

type Refusal = Extract<DispatchReply, { kind: "refused" }>;

/** Says why nobody took a request: every candidate and its reason. */
export function refusalError(refusal: Refusal, config: SharedConfig): RouterError {
  const { code, skipped, retryAfterMs, expectedWaitMs } = refusal;
  return new RouterError(code, refusalMessage(refusal, config), {
    skipped,
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    ...(expectedWaitMs > 0 ? { expectedWaitMs } : {}),
  });
}

function refusalMessage({ code, skipped, expectedWaitMs }: Refusal, config: SharedConfig): string {
  switch (code) {
    case "IDEMPOTENCY_KEY_REUSED":
      return "This idempotency key was used for a different request.";
    case "CACHE_MISS":
      return 'The answer is not in the cache, and cache is "only".';
    case "BUDGET_TOO_SHORT":
      return `The budget is shorter than the expected wait of ${expectedWaitMs} ms: ${reasons(skipped)}.`;
    case "UNKNOWN_MODEL":
      return `No such model: ${skipped.map(({ model }) => withSuggestion(model, [...config.models.keys()])).join(", ")}.`;
    default:
      return `No model can take the request now: ${reasons(skipped)}.`;
  }
}

function reasons(skipped: readonly Skipped[]): string {
  return skipped.map(({ model, reason }) => `${model} (${reason})`).join(", ");
}

function withSuggestion(model: string, known: readonly string[]): string {
  const suggestion = nearest(model, known);
  return suggestion === undefined ? model : `${model} (did you mean ${suggestion}?)`;
}
