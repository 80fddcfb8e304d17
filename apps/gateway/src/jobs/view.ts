import { type Outcome, priorityClasses, RouterError } from "@llm-router/contracts";
import type { RequestStatus } from "@llm-router/client";

/** What GET /v1/jobs/:id says. Times are Redis's, ms since the epoch. */
export function toJobView({
  id,
  state,
  model,
  classRank,
  priority,
  acceptedAt,
  deadlineAt,
  position,
  expectedWaitMs,
  attempts,
  outcome,
}: RequestStatus): object {
  return {
    id,
    state,
    model,
    class: priorityClasses[classRank],
    priority,
    acceptedAt,
    deadlineAt,
    position,
    expectedWaitMs,
    attempts,
    ...(outcome && endOf(outcome)),
  };
}

function endOf(outcome: Outcome): object {
  if (outcome.state === "completed") return { result: outcome.result };
  const { id, error, attempts, skipped } = outcome;
  return {
    error: new RouterError(error.code, error.message, { id, attempts, skipped, ...(error.model !== undefined && { model: error.model }) }),
  };
}
