import type { RouterError } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { setErrorHeaders } from "./answer-headers.ts";
import { knownError } from "./known-error.ts";
import { sendJson } from "./send.ts";

/** How an API words its errors. */
export interface ErrorFormat {
  status: (error: RouterError) => number;
  body: (error: RouterError) => unknown;
}

/** Answers every error of a router in the words of its API. */
export function errorsAs({ status, body }: ErrorFormat, logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = knownError(error, request, logger);
    if (response.headersSent || response.destroyed) {
      // Too late for words: a broken connection tells the caller that this answer is not whole.
      response.destroy();
      return;
    }
    setErrorHeaders(response, known);
    sendJson(response, status(known), body(known));
  };
}

/** What the routes of ours say: `{ error: { code, message, fix, … } }`. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return errorsAs({ status: (error) => error.status, body: (error) => ({ error }) }, logger);
}

/** In a form that OpenAI's clients read, too: most of what is asked for in vain is asked for by them. */
export const notFound: RequestHandler = (request, response) => {
  const message = `There is no ${request.method} ${request.path} here.`;
  sendJson(response, 404, { error: { code: "NOT_FOUND", message, type: "invalid_request_error", param: null } });
};
