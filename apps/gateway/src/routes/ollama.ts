import { RouterError } from "@llm-router/contracts";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import { mayUse } from "../caller.ts";
import { answerPlain } from "../answer-plain.ts";
import { answerStream } from "../answer-stream.ts";
import { checkBody } from "../check-body.ts";
import { jsonBody } from "../json-body.ts";
import { type Endpoint, toLine, toWhole } from "../ollama/answer.ts";
import { assertModel, listServed, listTags, ollamaVersion, showModel } from "../ollama/catalogue.ts";
import { lineStream } from "../ollama/lines.ts";
import { ourName, readChatCall, readGenerateCall } from "../ollama/request.ts";
import type { Ports } from "../ports.ts";
import { sendJson } from "../send.ts";

const readers = { generate: readGenerateCall, chat: readChatCall } as const;
/** Of a model's file, which the router does not have. */
const fileRoutes = ["/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/:digest"];
const showRequest = z.looseObject({ model: z.string().optional(), name: z.string().optional() });

/** Ollama's API: generate, chat, and what its clients ask about models. */
export function ollamaRoutes(ports: Ports): Router {
  const { client } = ports;
  const router = Router();
  const body = jsonBody(client);
  router.post("/api/generate", body, answer(ports, "generate"));
  router.post("/api/chat", body, answer(ports, "chat"));
  router.get("/api/tags", async (http, response) => {
    const models = (await listTags(client)).filter(({ name }) => mayUse(http.caller, name));
    sendJson(response, 200, { models });
  });
  router.get("/api/ps", async (http, response) => {
    const models = (await listServed(client)).filter(({ name }) => mayUse(http.caller, name));
    sendJson(response, 200, { models });
  });
  router.get("/api/version", (_http, response) => sendJson(response, 200, { version: ollamaVersion }));
  router.post("/api/show", body, async (http, response) => {
    const { model, name } = checkBody(showRequest, http.body);
    const asked = model || name;
    if (!asked) throw new RouterError("INVALID_REQUEST", "model: is missing.");
    sendJson(response, 200, await showModel(client, ourName(asked)));
  });
  router.all(fileRoutes, (_http, response) =>
    sendJson(response, 501, { error: "llm-router holds no model files; pull and create models on the servers behind it." }),
  );
  router.all(["/api/embed", "/api/embeddings"], (_http, response) =>
    sendJson(response, 501, { error: "llm-router makes no embeddings; ask the server behind it." }),
  );
  // Ollama's clients look here whether a server is there.
  router.get("/", (_http, response) => {
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.end("Ollama is running (this is llm-router, which speaks its API)");
  });
  return router;
}

function answer(ports: Ports, endpoint: Endpoint): RequestHandler {
  return async (http, response) => {
    const call = readers[endpoint](http);
    if (call.load !== undefined) {
      await assertModel(ports.client, call.model);
      return sendJson(response, 200, toLine(endpoint, call.model, { text: "" }, { done: true, done_reason: call.load }));
    }
    if (call.streamed) return answerStream(ports, http, response, call.request, lineStream(endpoint));
    return answerPlain(ports, http, response, call.request, (result) => toWhole(endpoint, result));
  };
}
