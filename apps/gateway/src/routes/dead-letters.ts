import type { DeadLetterFilter } from "@llm-router/client";
import { modelName, type Request, RouterError } from "@llm-router/contracts";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { type Caller, maySee } from "../caller.ts";
import { checkBody } from "../check-body.ts";
import { ownJob } from "../jobs/own-job.ts";
import { jsonBody } from "../json-body.ts";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";

const filter = {
  model: z.string().optional(),
  class: z.string().optional(),
  code: z.string().optional(),
  /** For those who see all tenants. */
  tenant: z.string().optional(),
};
export const listQuery = z.strictObject({ ...filter, limit: z.coerce.number().int().min(1).max(1_000).default(100) });
export const purgeQuery = z.strictObject({ ...filter, all: z.literal("true").optional() });
export const replayBody = z.strictObject({
  model: modelName.optional(),
  models: z.array(modelName).min(1).max(32).optional(),
  priority: z.union([z.string(), z.number()]).optional(),
});

/** Failed requests, kept with their prompts: list, replay, purge. Each tenant has its own. */
export function deadLetterRoutes(ports: Ports): Router {
  const { client } = ports;
  const router = Router();
  router.get("/v1/dead-letters", async (http, response) => {
    const { limit, ...asked } = checkBody(listQuery, http.query);
    sendJson(response, 200, { deadLetters: await client.deadLetters.list(filterFor(http.caller, asked), limit) });
  });
  router.post("/v1/dead-letters/:id/replay", optional(jsonBody(client)), async (http, response) => {
    const changes = withoutUnset(checkBody(replayBody, http.body ?? {}));
    const id = String(http.params["id"]);
    const { status } = await ownJob(client, http.caller, id);
    // Its prompt stays in Redis: what it comes to under the key's tokens is known when it has ended.
    const asked: Request = { prompt: "replayed", maxTokens: 1, priority: status.priority, ...changes };
    const admission = await ports.admit(http.caller, asked);
    // As a restricted key may have them.
    const { model, models, priority } = asked;
    const job = await client.deadLetters.replay(id, withoutUnset({ model, models, priority })).catch((error: unknown) => {
      admission.refused();
      throw error;
    });
    job.result().then(
      ({ usage }) => admission.settle(usage),
      () => admission.settle(),
    );
    response.setHeader("location", `/v1/jobs/${job.id}`);
    sendJson(response, 202, { id: job.id, replayOf: id });
  });
  router.delete("/v1/dead-letters/:id", async (http, response) => {
    await ownJob(client, http.caller, http.params.id);
    const purged = await client.deadLetters.purge([http.params.id]);
    if (purged === 0) throw noDeadLetter(http.params.id);
    sendJson(response, 200, { purged });
  });
  router.delete("/v1/dead-letters", async (http, response) => {
    const { all, ...asked } = checkBody(purgeQuery, http.query);
    if (all === undefined && Object.keys(withoutUnset(asked)).length === 0) {
      throw new RouterError("INVALID_REQUEST", "all: is missing; name a filter (model, class, code, tenant), or all=true.");
    }
    const letters = await client.deadLetters.list(filterFor(http.caller, asked), Number.POSITIVE_INFINITY);
    sendJson(response, 200, { purged: await client.deadLetters.purge(letters.map(({ id }) => id)) });
  });
  return router;
}

/** A body reader that lets a request without a body pass. */
function optional(read: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const { "content-length": length = "0", "transfer-encoding": chunked } = request.headers;
    if (length === "0" && chunked === undefined) next();
    else void read(request, response, next);
  };
}

type Unset<T> = { [Key in keyof T]: T[Key] | undefined };

function filterFor(caller: Caller, { tenant, ...asked }: Unset<DeadLetterFilter>): DeadLetterFilter {
  if (tenant !== undefined && !maySee(caller, tenant)) throw new RouterError("FORBIDDEN", "tenant: this key sees its own tenant only.");
  const own = caller.seesAll ? tenant : (caller.tenant ?? "");
  return withoutUnset({ ...asked, ...(own !== undefined && { tenant: own }) });
}

function noDeadLetter(id: string): RouterError {
  return new RouterError("UNKNOWN_REQUEST", `There is no dead letter ${id}.`, { id });
}

/** Without the keys that are there and undefined. */
function withoutUnset<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
