import { RouterError } from "@llm-router/contracts";
import { Router } from "express";
import { answerPlain } from "../answer-plain.ts";
import { answerStream } from "../answer-stream.ts";
import { type Caller, mayUse } from "../caller.ts";
import { jsonBody } from "../json-body.ts";
import { toChatCompletion } from "../openai/answer.ts";
import { chunkStream } from "../openai/chunks.ts";
import { listModels } from "../openai/models.ts";
import { readChatCall } from "../openai/request.ts";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";

/** OpenAI's API: /v1/chat/completions and /v1/models. */
export function openaiRoutes(ports: Ports): Router {
  const router = Router();
  router.post("/v1/chat/completions", jsonBody(ports.client), async (http, response) => {
    const { request, streamed, includeUsage } = readChatCall(http);
    if (streamed) await answerStream(ports, http, response, request, chunkStream(includeUsage));
    else await answerPlain(ports, http, response, request, toChatCompletion);
  });
  const modelsFor = async (caller: Caller) => (await listModels(ports.client)).filter(({ id }) => mayUse(caller, id));
  router.get("/v1/models", async (http, response) => {
    sendJson(response, 200, { object: "list", data: await modelsFor(http.caller) });
  });
  router.get("/v1/models/:id", async (http, response) => {
    const { id } = http.params;
    const model = (await modelsFor(http.caller)).find((each) => each.id === id);
    if (!model) throw new RouterError("UNKNOWN_MODEL", `No such model: ${id}.`);
    sendJson(response, 200, model);
  });
  return router;
}
