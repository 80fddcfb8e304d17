import { RouterError, type Request, type Result } from "@llm-router/contracts";
import type { Request as HttpRequest, Response } from "express";
import { factsOf, setAnswerHeaders } from "./answer-headers.ts";
import { Departure, shuttingDown } from "./departure.ts";
import type { Ports } from "./ports.ts";
import { sendJson } from "./send.ts";
import { submitAndWait } from "./submit-job.ts";

/**
 * Submits a request and answers with its result, in the shape that `format` gives it.
 * @throws {RouterError} why it was refused, or how it ended.
 */
export async function answerPlain(
  ports: Ports,
  http: HttpRequest,
  response: Response,
  asked: Request,
  format: (result: Result) => unknown,
): Promise<void> {
  using departure = new Departure(ports, response);
  const { job, cancelsWithCaller, settle } = await submitAndWait(ports, http, response, asked, false);
  let result: Result | undefined;
  try {
    result = await departure.or(job.result());
    if (result === undefined) {
      if (departure.left === "gateway") throw shuttingDown(job.id);
      if (cancelsWithCaller) await job.cancel("The caller went away.").catch(ignoreAway);
      return;
    }
  } finally {
    settle(result?.usage);
  }
  setAnswerHeaders(response, factsOf(result));
  sendJson(response, 200, format(result));
}

/** Redis is away, or the record is gone: there is nobody left to tell, and the budget ends the request. */
export function ignoreAway(error: unknown): void {
  if (!RouterError.is(error)) throw error;
}
