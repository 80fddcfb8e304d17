import { type Outcome, type Result, RouterError } from "@llm-router/contracts";

/** The result of a completed request. @throws {RouterError} how it ended otherwise, with every attempt. */
export function resultOf(outcome: Outcome): Result {
  if (outcome.state === "completed") return outcome.result;
  const { id, error, attempts, skipped } = outcome;
  throw new RouterError(error.code, error.message, { id, attempts, skipped, ...(error.model !== undefined && { model: error.model }) });
}
