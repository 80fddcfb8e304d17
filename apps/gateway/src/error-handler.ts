import { RouterError } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { sendJson } from "./send.ts";

/** What the routes of ours say: `{ error: { code, message, fix, … } }`. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = RouterError.is(error) ? error : new RouterError("INTERNAL", "The gateway failed.", { cause: error });
    if (known.code === "INTERNAL") logger.error({ err: error, requestId: request.id }, "request failed");
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (known.retryAfterMs !== undefined) response.setHeader("retry-after", Math.ceil(known.retryAfterMs / 1_000));
    sendJson(response, known.status, { error: known });
  };
}

export const notFound: RequestHandler = (request, response) => {
  sendJson(response, 404, { error: { code: "NOT_FOUND", message: `There is no ${request.method} ${request.path}.` } });
};
