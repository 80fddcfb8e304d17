import type { Request } from "@llm-router/contracts";
import type { Request as HttpRequest } from "express";
import { checkBody } from "../check-body.ts";
import { given } from "../given.ts";
import { modelChoice } from "../model-choice.ts";
import { readWishes } from "../wishes.ts";
import { toMessages } from "./messages.ts";
import { chatRequest, type CommonFields, generateRequest, narrowChatRequest, narrowGenerateRequest } from "./request-schema.ts";

/** A request without a prompt asks for nothing but that the model be loaded, or unloaded. */
export type OllamaCall =
  | { model: string; load: "load" | "unload" }
  | { model: string; load?: undefined; request: Request; streamed: boolean };

/** @throws {RouterError} INVALID_REQUEST naming the field. */
export function readGenerateCall(http: HttpRequest): OllamaCall {
  const { prompt, system, images, ...body } = checkBody(generateRequest, http.body, narrowGenerateRequest);
  if (!prompt) return loadCall(body);
  return call(http, body, { prompt, ...given({ system: system || undefined, images: images?.length ? images : undefined }) });
}

/** @throws {RouterError} INVALID_REQUEST naming the field. */
export function readChatCall(http: HttpRequest): OllamaCall {
  const { messages, tools, ...body } = checkBody(chatRequest, http.body, narrowChatRequest);
  if (!messages?.length) return loadCall(body);
  return call(http, body, { messages: toMessages(messages), ...(tools?.length && { tools }) });
}

function loadCall({ model, keep_alive }: CommonFields): OllamaCall {
  return { model: ourName(model), load: Number(keep_alive ?? 1) === 0 ? "unload" : "load" };
}

function call(http: HttpRequest, body: CommonFields & Record<string, unknown>, asked: Request): OllamaCall {
  const { model, stream, format, options, keep_alive: _keepAlive, logprobs: _logprobs, top_logprobs: _topLogprobs, ...others } = body;
  const { temperature, top_p, num_predict, stop, seed, ...otherOptions } = options ?? {};
  const providerOptions = given({ ...others, ...otherOptions });
  const request: Request = {
    ...asked,
    ...modelChoice(ourName(model)),
    ...given({ temperature, topP: top_p, maxTokens: num_predict && num_predict > 0 ? num_predict : undefined, stop, seed }),
    ...given({ responseFormat: formatOf(format) }),
    ...(Object.keys(providerOptions).length > 0 && { providerOptions }),
    ...readWishes(http).wishes,
  };
  return { model: ourName(model), request, streamed: stream !== false };
}

function formatOf(format: CommonFields["format"]): Request["responseFormat"] {
  if (!format) return undefined;
  return format === "json" ? { type: "json_object" } : { type: "json_schema", json_schema: { name: "answer", schema: format } };
}

/** Ollama's clients add the tag that it gives to models without one. */
export function ourName(model: string): string {
  return model.replace(/:latest$/, "");
}
