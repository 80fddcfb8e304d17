import type { KeptJob } from "@llm-router/job-queue";
import { isRecord } from "@llm-router/contracts";

/** What of a request says how it is served, and nothing of what it says. */
const plainFields = ["model", "models", "priority", "tenant", "temperature", "topP", "maxTokens", "seed", "stream", "timeoutMs", "cache"];
const hidden = "(hidden: gateway.board.showPrompts is false)";

/** A job without its prompt and whatever may repeat it: what is not known to be harmless is left out. */
export function redactJob(job: KeptJob): KeptJob {
  return { ...job, data: redactData(job.data), failedReason: /^[A-Z_]+/.exec(job.failedReason)?.[0] ?? "" };
}

function redactData(data: unknown): unknown {
  // A completed job has none left.
  if (!isRecord(data) || !isRecord(data["request"])) return {};
  const { request } = data;
  const shown = plainFields.flatMap((field) => (request[field] === undefined ? [] : [[field, request[field]] as const]));
  return { request: { prompt: hidden, ...Object.fromEntries(shown) } };
}
