import {
  type BackendContext,
  type BackendDelta,
  BackendError,
  type BackendModel,
  type BackendRequest,
  RouterError,
} from "@llm-router/contracts";
import OpenAI from "openai";
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { classifyThrown, type FailureScope } from "../classify.ts";
import { collect } from "../collect.ts";
import { measureHealth } from "../health.ts";
import { createHttpBackend, type HttpCall } from "../http.ts";
import { promptsOf, type RunnableBackend } from "../runnable.ts";
import { withTimeouts } from "../timeouts.ts";
import { createAnswerReader } from "./answer.ts";
import { readChunks } from "./chunks.ts";
import { toChatCompletion } from "./request.ts";

const defaultBaseUrl = "https://api.openai.com/v1";
/** The SDK wants a key, and would take OPENAI_API_KEY for any server; compatible servers that need none ignore it. */
const noKey = "unused";

/** Where a call goes and what it says of itself, as the SDK makes it. */
interface CallHead {
  url: URL;
  headers: Record<string, string>;
}

/**
 * Calls OpenAI, or a server compatible with its chat completions, always streaming. Nothing is read from OPENAI_* variables.
 * @param model.baseUrl Default https://api.openai.com/v1.
 * @param model.apiKey Needed for OpenAI itself.
 * @param model.options Defaults of the body, and `maxTokensField` (see toChatCompletion).
 * @throws {RouterError} CONFIG_INVALID without an apiKey and a baseUrl.
 */
export function createOpenAIBackend(model: BackendModel): RunnableBackend {
  if (model.apiKey === undefined && model.baseUrl === undefined) {
    throw new RouterError(
      "CONFIG_INVALID",
      `models.${model.name}.apiKey: is needed for ${defaultBaseUrl}; set it (\${OPENAI_API_KEY} in a file), or set baseUrl to a compatible server.`,
    );
  }
  const http = createHttpBackend(model.baseUrl ?? defaultBaseUrl);
  const headers = model.apiKey === undefined ? http.headers : { authorization: `Bearer ${model.apiKey}` };
  const scope: FailureScope = {
    server: `The server at ${http.baseUrl}`,
    model: model.model,
    notFoundFix: `Check the model's name (${model.model}) and the baseUrl.`,
    secrets: [model.apiKey],
  };

  const client = new OpenAI({
    baseURL: http.baseUrl,
    apiKey: model.apiKey ?? noKey,
    organization: null,
    project: null,
    logLevel: "off",
    defaultHeaders: headers,
  });
  // Nothing in it changes from call to call, and the SDK takes longer to make it than a connection takes to send it.
  const head = readHead(client);
  // Whoever calls is told.
  head.catch(() => undefined);

  async function* stream(request: BackendRequest, context: BackendContext): AsyncGenerator<BackendDelta, void, void> {
    const callScope = { ...scope, prompts: promptsOf(request) };
    const body = toChatCompletion(request, model.options);
    const answer = createAnswerReader();
    try {
      for await (const chunks of withTimeouts((signal) => openChunks(body, context.id, http.call(signal, callScope), callScope), {
        ...context,
        closing: http.closing,
      })) {
        for (const chunk of chunks) {
          const delta = answer.read(chunk);
          if (delta) yield delta;
        }
      }
    } catch (error) {
      // The finish reason is the end. A server that then fails to send usage or to close has still answered.
      if (!answer.finish() || context.signal.aborted) throw error;
    }
    const finish = answer.finish();
    if (!finish) throw new BackendError("truncated", `${scope.server} ended its answer without a finish_reason.`);
    yield finish;
  }

  /** Makes the call when its first bytes are asked for. */
  function openChunks(
    body: ChatCompletionCreateParamsStreaming,
    id: string,
    httpCall: HttpCall,
    callScope: FailureScope,
  ): AsyncGenerator<ChatCompletionChunk[], void, void> {
    let isMade = false;
    const read = async (): Promise<Uint8Array | undefined> => {
      try {
        if (!isMade) {
          isMade = true;
          const { url, headers: fixed } = await head;
          await httpCall.post(url, { ...fixed, "x-request-id": id }, JSON.stringify(body));
        }
        return await httpCall.read();
      } catch (error) {
        throw BackendError.is(error) ? error : classifyThrown(error, callScope, httpCall.begun());
      }
    };
    return readChunks({ read, drain: () => httpCall.drain() }, callScope);
  }

  return {
    stream,
    generate: (request, context) => collect(stream(request, context)),
    healthCheck: (signal) =>
      measureHealth(async () => {
        try {
          await http.getJson("/models", headers, signal, scope);
        } catch (error) {
          // A server without a list of models still answers; only what follows from a call can tell more.
          if (!BackendError.is(error) || error.kind !== "not-found") throw error;
        }
        return undefined;
      }),
    close: () => http.close(),
  };
}

async function readHead(client: OpenAI): Promise<CallHead> {
  const { url, req } = await client.buildRequest({ method: "post", path: "/chat/completions", body: {} });
  return { url: new URL(url), headers: Object.fromEntries(req.headers) };
}
