import { Router } from "express";
import { answerPlain } from "../answer-plain.ts";
import { followJob, readFrom } from "../jobs/follow.ts";
import { ownJob } from "../jobs/own-job.ts";
import { readRequest } from "../jobs/request.ts";
import { toJobView } from "../jobs/view.ts";
import { jsonBody } from "../json-body.ts";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";
import { submitJob } from "../submit-job.ts";

/** Jobs: submit, look, follow, cancel. */
export function jobRoutes(ports: Ports): Router {
  const { client } = ports;
  const router = Router();
  const body = jsonBody(client);
  router.post("/generate", body, async (http, response) => {
    await answerPlain(ports, http, response, readRequest(http), (result) => result);
  });
  router.post("/v1/jobs", body, async (http, response) => {
    const { job, settle } = await submitJob(ports, http, response, readRequest(http));
    job.streamedOutcome().then(
      (outcome) => settle(outcome.state === "completed" ? outcome.result.usage : undefined),
      // This gateway closes, or Redis is away: what was reserved leaves the key's window by itself.
      () => undefined,
    );
    const { id, expectedWaitMs = 0 } = job;
    response.setHeader("location", `/v1/jobs/${id}`);
    sendJson(response, 202, { id, expectedWaitMs });
  });
  router.get("/v1/jobs/:id", async (http, response) => {
    const { status } = await ownJob(client, http.caller, http.params.id);
    sendJson(response, 200, toJobView(status));
  });
  router.get("/v1/jobs/:id/events", async (http, response) => {
    const from = readFrom(http);
    const { job } = await ownJob(client, http.caller, http.params.id);
    await followJob(ports, http, response, job, from);
  });
  router.get("/v1/jobs/:id/history", async (http, response) => {
    const { job } = await ownJob(client, http.caller, http.params.id);
    sendJson(response, 200, { id: job.id, events: await job.history() });
  });
  router.delete("/v1/jobs/:id", async (http, response) => {
    const { job } = await ownJob(client, http.caller, http.params.id);
    const { id, state } = await job.cancel("Cancelled over HTTP.");
    sendJson(response, 200, { id, state });
  });
  return router;
}
