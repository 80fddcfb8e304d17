import type { Logger } from "@llm-router/service-kit";
import type { RequestHandler } from "express";

/** Asked for by machines, all the time. */
const quiet = /^\/(healthz|readyz|metrics|board\/)/;

/**
 * One line for each request, when its answer has ended: who, what, how long; never a prompt, an answer, a key or a query.
 * `id` is the job's, where the request made one, as in x-request-id.
 */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const { method, path } = request;
    response.once("close", () => {
      const caller = request.caller as typeof request.caller | undefined; // refused before it was known
      const entry = {
        id: request.id,
        method,
        path,
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
        ...(caller?.tenant !== undefined && { tenant: caller.tenant }),
        ...(caller?.key && { key: caller.key.id }),
        // The caller left before its answer was whole.
        ...(!response.writableFinished && { aborted: true }),
      };
      if (quiet.test(path)) logger.debug(entry, "request");
      else logger.info(entry, "request");
    });
    next();
  };
}
