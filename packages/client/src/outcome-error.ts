import { type Outcome, type Result, RouterError } from "@llm-router/contracts";

/** The result of a completed request. @throws {RouterError} with the outcome's code, attempts and skipped candidates for any other end. */
export function resultOf(outcome: Outcome): Result {
  if (outcome.state === "completed") return outcome.result;
  const { id, error, attempts, skipped } = outcome;
  throw new RouterError(error.code, error.message, { id, attempts, skipped, ...(error.model === undefined ? {} : { model: error.model }) });
}
