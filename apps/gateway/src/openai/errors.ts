import { type ErrorCode, errorCatalog, type RouterError } from "@llm-router/contracts";
import { pathIn } from "../check-body.ts";
import type { ErrorFormat } from "../error-handler.ts";

/** Codes that OpenAI has its own word for; the others are ours in lower case. */
const codes: Partial<Record<ErrorCode, string>> = {
  UNKNOWN_MODEL: "model_not_found",
  RATE_LIMITED: "rate_limit_exceeded",
  QUEUE_FULL: "rate_limit_exceeded",
  PROVIDER_RATE_LIMITED: "rate_limit_exceeded",
  UNAUTHORIZED: "invalid_api_key",
  INTERNAL: "server_error",
};

const types: Record<number, string> = { 401: "authentication_error", 403: "permission_error", 429: "rate_limit_error" };

/** OpenAI answers 404 for a model that it does not have. */
function statusOf({ code }: RouterError): number {
  return code === "UNKNOWN_MODEL" ? 404 : errorCatalog[code].status;
}

/** OpenAI's error, with ours beside it: the code, what to do, and every model that was passed over or failed. */
export function errorBody(error: RouterError): object {
  const { code, message, fix, retryable, id, attempts, skipped, retryAfterMs, expectedWaitMs } = error;
  const status = statusOf(error);
  return {
    error: {
      message,
      type: types[status] ?? (status < 500 ? "invalid_request_error" : "server_error"),
      param: code === "UNKNOWN_MODEL" ? "model" : code === "INVALID_REQUEST" ? (pathIn(message) ?? null) : null,
      code: codes[code] ?? code.toLowerCase(),
      router: { code, fix, retryable, id, attempts, skipped, retryAfterMs, expectedWaitMs },
    },
  };
}

export const openaiErrors: ErrorFormat = { status: statusOf, body: errorBody };
