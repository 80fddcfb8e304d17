import type { ServerResponse } from "node:http";
import type { Result, RouterError } from "@llm-router/contracts";

/** What is known of an answer when its first byte goes out. */
export interface AnswerFacts {
  model: string;
  cached: Result["cached"];
  /** Why it is not from the cache, where there is more to say than that nothing was there. */
  cacheSkip?: string | undefined;
  /** Waited in queues, ms. */
  waitMs: number;
  /** Calls of models, the last one included. */
  attempts: number;
}

export function setAnswerHeaders(response: ServerResponse, { model, cached, cacheSkip, waitMs, attempts }: AnswerFacts): void {
  response.setHeader("x-llmr-model", model);
  response.setHeader("x-llmr-cache", cached === false ? "miss" : cached);
  if (cacheSkip !== undefined) response.setHeader("x-llmr-cache-skip", cacheSkip);
  response.setHeader("x-llmr-queue-ms", Math.round(waitMs));
  response.setHeader("x-llmr-attempts", attempts);
}

export function factsOf({ modelUsed, cached, cacheSkip, waitMs, attempts }: Result): AnswerFacts {
  return { model: modelUsed, cached, cacheSkip, waitMs, attempts: attempts.length };
}

/** What an error says in headers: whose request it was, and when it may be sent again. */
export function setErrorHeaders(response: ServerResponse, error: RouterError): void {
  if (error.id !== undefined) response.setHeader("x-request-id", error.id);
  response.setHeader("x-llmr-attempts", error.attempts.length);
  const waitMs = error.retryAfterMs ?? error.expectedWaitMs;
  if (waitMs !== undefined) response.setHeader("retry-after", Math.max(1, Math.ceil(waitMs / 1_000)));
  // OpenAI's clients ask for no more than this before they send a request again.
  if (!error.retryable) response.setHeader("x-should-retry", "false");
}
