import type { IncomingMessage, ServerResponse } from "node:http";
import { isRecord, type ModelApi } from "./api.ts";
import type { Behaviours } from "./behaviour.ts";
import type { CallLog } from "./call-log.ts";
import { ollamaRunning, ollamaShow, ollamaTags, openaiModel, openaiModels } from "./catalogue.ts";
import { Exchange } from "./exchange.ts";
import { readBody, sendJson, sendText } from "./http.ts";
import { ollamaApi } from "./ollama-api.ts";
import { openaiChatApi, wrongKey } from "./openai-api.ts";
import { serveCall } from "./serve-call.ts";

export interface ModelRoutesPorts {
  behaviours: Behaviours;
  log: CallLog;
  isCutting: () => boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse, ports: ModelRoutesPorts) => void;

const ollamaGenerate = ollamaApi("generate");
const ollamaChat = ollamaApi("chat");

const ollamaRoutes: Record<string, Record<string, Handler>> = {
  "/": { GET: (_, response) => sendText(response, 200, "Ollama is running") },
  "/api/version": { GET: (_, response) => sendJson(response, 200, { version: "0.17.4" }) },
  "/api/tags": { GET: (_, response, { behaviours }) => sendJson(response, 200, ollamaTags(behaviours.names())) },
  "/api/ps": { GET: (_, response, { behaviours }) => sendJson(response, 200, ollamaRunning(behaviours.names())) },
  "/api/generate": { POST: (...route) => answer(ollamaGenerate, ...route) },
  "/api/chat": { POST: (...route) => answer(ollamaChat, ...route) },
  "/api/show": { POST: (...route) => withModel(...route, (model, response, { behaviours }) => show(model, response, behaviours)) },
  "/api/embed": { POST: (...route) => withModel(...route, (model, response, ports) => noEmbedding(model, response, ports, 501)) },
  "/api/embeddings": { POST: (...route) => withModel(...route, (model, response, ports) => noEmbedding(model, response, ports, 500)) },
};

/** Serves the endpoints of Ollama, and those of OpenAI under any path that leads to `/v1`. */
export function serveModels(request: IncomingMessage, response: ServerResponse, path: string, ports: ModelRoutesPorts): void {
  const v1 = path.indexOf("/v1/");
  if (v1 >= 0) return serveOpenai(request, response, path.slice(v1 + "/v1".length), ports);
  const methods = ollamaRoutes[path];
  const handler = methods?.[request.method === "HEAD" ? "GET" : (request.method ?? "")];
  if (handler !== undefined) handler(request, response, ports);
  else if (methods === undefined) sendText(response, 404, "404 page not found");
  else sendText(response, 405, "405 method not allowed");
}

function serveOpenai(request: IncomingMessage, response: ServerResponse, path: string, ports: ModelRoutesPorts): void {
  const { behaviours } = ports;
  const problem = (status: number, body: string) => response.writeHead(status, { "content-type": "application/json" }).end(body);
  if (behaviours.apiKey !== null && request.headers.authorization !== `Bearer ${behaviours.apiKey}`) {
    request.resume();
    problem(401, openaiChatApi.problemBody(wrongKey));
    return;
  }
  if (path === "/chat/completions" && request.method === "POST") return answer(openaiChatApi, request, response, ports);
  if (path === "/models" && request.method === "GET") return sendJson(response, 200, openaiModels(behaviours.names()));
  if (path.startsWith("/models/") && request.method === "GET") {
    const name = decodeURIComponent(path.slice("/models/".length));
    if (behaviours.exists(name)) return sendJson(response, 200, openaiModel(name));
    problem(404, openaiChatApi.problemBody(openaiChatApi.refusal("unknown-model", name)));
    return;
  }
  request.resume();
  problem(404, openaiChatApi.problemBody({ status: 404, message: `Invalid URL (${request.method} /v1${path})` }));
}

function answer(api: ModelApi, request: IncomingMessage, response: ServerResponse, { behaviours, log, isCutting }: ModelRoutesPorts): void {
  const requestId = request.headers["x-request-id"];
  readBody(request, (body) => {
    void serveCall({
      api,
      body,
      requestId: typeof requestId === "string" ? requestId : null,
      behaviours,
      log,
      open: (onGone) => new Exchange(response, onGone),
      isCutting,
    });
  });
}

function withModel(
  request: IncomingMessage,
  response: ServerResponse,
  ports: ModelRoutesPorts,
  then: (model: string, response: ServerResponse, ports: ModelRoutesPorts) => void,
): void {
  readBody(request, (body) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      return sendJson(response, 400, { error: body === "" ? "missing request body" : "unexpected EOF" });
    }
    const model = isRecord(parsed) ? (parsed["model"] ?? parsed["name"]) : undefined;
    then(typeof model === "string" ? model : "", response, ports);
  });
}

function show(model: string, response: ServerResponse, behaviours: Behaviours): void {
  if (model === "" || !behaviours.exists(model)) return sendJson(response, 404, { error: `model '${model}' not found` });
  const { supportsTools: tools, supportsImages: images, reasoning } = behaviours.of(model);
  sendJson(response, 200, ollamaShow({ tools, images, thinking: reasoning !== null }));
}

function noEmbedding(model: string, response: ServerResponse, { behaviours }: ModelRoutesPorts, status: number): void {
  if (behaviours.exists(model)) sendJson(response, status, { error: "this model does not support embeddings" });
  else sendJson(response, 404, { error: `model ${JSON.stringify(model)} not found, try pulling it first` });
}
