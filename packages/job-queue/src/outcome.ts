import { type Outcome, RouterError } from "@llm-router/contracts";

/** An outcome as the record keeps it. @throws {RouterError} RESULT_EXPIRED when the record has outlived it. */
export function parseOutcome(id: string, json: string): Outcome {
  if (json === "") throw resultExpired(id);
  return JSON.parse(json) as Outcome;
}

export function resultExpired(id: string): RouterError {
  return new RouterError("RESULT_EXPIRED", `The outcome of ${id} is no longer kept.`, { id });
}
