import {
  isRecord,
  type BackendContext,
  type BackendDelta,
  BackendError,
  type BackendModel,
  type BackendRequest,
} from "@llm-router/contracts";
import { Ollama } from "ollama/browser"; // not "ollama": that one reads any image text that is a path from this machine's disk
import { classifyStreamError, classifyThrown, type FailureScope } from "../classify.ts";
import { collect } from "../collect.ts";
import { measureHealth } from "../health.ts";
import { createHttpBackend, type HttpCall } from "../http.ts";
import { promptsOf, type RunnableBackend } from "../runnable.ts";
import { withTimeouts } from "../timeouts.ts";
import { type OllamaChunk, toDelta, toFinish } from "./deltas.ts";
import { createLineGuard } from "./line-guard.ts";
import { type OllamaCall, toOllamaCall } from "./request.ts";

const defaultBaseUrl = "http://127.0.0.1:11434";
/** The library's words for a stream that ended without `done: true`. */
const endedEarly = "Did not receive done or success response in stream.";

/**
 * Calls an Ollama server, always streaming.
 * @param model.baseUrl Default http://127.0.0.1:11434.
 * @param model.apiKey Sent as a bearer token, for servers behind a proxy that asks for one.
 * @param model.options Ollama's own names: num_gpu, num_thread, num_ctx, keep_alive, top_k, …
 */
export function createOllamaBackend(model: BackendModel): RunnableBackend {
  const http = createHttpBackend(model.baseUrl ?? defaultBaseUrl);
  const headers = { ...http.headers, ...(model.apiKey !== undefined && { authorization: `Bearer ${model.apiKey}` }) };
  const scope: FailureScope = {
    server: `Ollama at ${http.baseUrl}`,
    model: model.model,
    notFoundFix: `Run \`ollama pull ${model.model}\` on its machine.`,
    secrets: [model.apiKey],
  };

  async function* stream(request: BackendRequest, context: BackendContext): AsyncGenerator<BackendDelta, void, void> {
    const callScope = { ...scope, prompts: promptsOf(request) };
    const call = toOllamaCall(request, model.options);
    let sawToolCalls = false;
    let finish: BackendDelta | undefined;
    for await (const chunk of withTimeouts(
      (signal) => openChunks(call, context.id, http.call(signal, callScope, createLineGuard(scope.server)), callScope),
      { ...context, closing: http.closing },
    )) {
      const delta = toDelta(chunk);
      if (delta?.toolCalls) sawToolCalls = true;
      if (delta) yield delta;
      if (chunk.done) finish = toFinish(chunk, sawToolCalls);
    }
    if (!finish) throw new BackendError("truncated", `${scope.server} ended its answer without \`done\`.`);
    yield finish;
  }

  /** One client per call: the library keeps every stream that was aborted in its client for ever. */
  async function* openChunks(
    call: OllamaCall,
    id: string,
    httpCall: HttpCall,
    callScope: FailureScope,
  ): AsyncGenerator<OllamaChunk, void, void> {
    const client = new Ollama({ host: http.baseUrl, headers: { ...headers, "x-request-id": id }, fetch: httpCall.fetch });
    try {
      const chunks: AsyncIterable<OllamaChunk> = call.endpoint === "chat" ? await client.chat(call.body) : await client.generate(call.body);
      yield* chunks;
      httpCall.drain();
    } catch (error) {
      throw httpCall.failure() ?? toFailure(error, callScope, httpCall.begun());
    }
  }

  return {
    stream,
    generate: (request, context) => collect(stream(request, context)),
    healthCheck: (signal) =>
      measureHealth(async () => {
        await http.getJson("/api/version", headers, signal, scope);
        const tags = await http.getJson("/api/tags", headers, signal, scope);
        return hasModel(tags, model.model) ? undefined : `The model ${model.model} is not pulled. ${scope.notFoundFix}`;
      }),
    close: () => http.close(),
  };
}

/** A plain Error without a cause is a line `{"error": …}` in the stream; what HTTP throws has one, or is a TypeError. */
function toFailure(error: unknown, scope: FailureScope, begun: boolean): BackendError {
  if (BackendError.is(error)) return error;
  if (!(error instanceof Error) || error.name !== "Error" || error.cause !== undefined) return classifyThrown(error, scope, begun);
  if (error.message === endedEarly) return new BackendError("truncated", `${scope.server} ended its answer without \`done\`.`);
  return classifyStreamError({ text: error.message }, scope);
}

function hasModel(tags: unknown, name: string): boolean {
  const models = isRecord(tags) && Array.isArray(tags["models"]) ? tags["models"] : [];
  return models.some(
    (entry: unknown) =>
      isRecord(entry) && [entry["name"], entry["model"]].some((known) => typeof known === "string" && withTag(known) === withTag(name)),
  );
}

/** `llama3.2` means `llama3.2:latest`; a colon before the last slash belongs to a registry's port. */
function withTag(name: string): string {
  return (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
}
