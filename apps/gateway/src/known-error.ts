import { RouterError } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";
import type { Request } from "express";

/** Any error as one of ours. What was not foreseen is logged, and told without its words. */
export function knownError(error: unknown, request: Request, logger: Logger): RouterError {
  const known = RouterError.is(error) ? error : (httpError(error) ?? new RouterError("INTERNAL", "The gateway failed.", { cause: error }));
  if (known.code === "INTERNAL") logger.error({ err: error, requestId: request.id }, "request failed");
  return known;
}

/** Express's own: a path that cannot be decoded. */
function httpError(error: unknown): RouterError | undefined {
  if (!(error instanceof URIError) && !(error instanceof Error && "status" in error && error.status === 400)) return undefined;
  return new RouterError("INVALID_REQUEST", "The path is not a valid URL.", { cause: error });
}
