import type { Message, Request } from "@llm-router/contracts";
import type { Request as HttpRequest } from "express";
import { checkBody } from "../check-body.ts";
import { given } from "../given.ts";
import { modelChoice } from "../model-choice.ts";
import { readWishes } from "../wishes.ts";
import { type ChatMessage, chatRequest, narrowChatRequest } from "./request-schema.ts";

export interface ChatCall {
  request: Request;
  streamed: boolean;
  includeUsage: boolean;
}

/**
 * A chat completion as a request to the queue. Fields that are neither ours nor OpenAI's well-known ones go to the
 * provider as they are (`providerOptions`).
 * @throws {RouterError} INVALID_REQUEST naming the field.
 */
export function readChatCall(http: HttpRequest): ChatCall {
  const {
    model,
    messages,
    stream,
    stream_options,
    temperature,
    top_p,
    max_tokens,
    max_completion_tokens,
    stop,
    seed,
    tools,
    tool_choice,
    response_format,
    metadata: ownMetadata,
    n: _n,
    logprobs: _logprobs,
    top_logprobs: _topLogprobs,
    functions: _functions,
    function_call: _functionCall,
    audio: _audio,
    modalities: _modalities,
    ...others
  } = checkBody(chatRequest, http.body, narrowChatRequest);
  const { wishes, metadata } = readWishes(http, ownMetadata ?? {});
  const providerOptions = Object.entries(others).filter(([, value]) => value !== undefined && value !== null);
  const request: Request = {
    messages: messages.map(toMessage),
    ...modelChoice(model),
    ...given({ temperature, topP: top_p, maxTokens: max_completion_tokens ?? max_tokens, stop, seed }),
    ...given({ tools: tools?.length ? tools : undefined, toolChoice: tool_choice, responseFormat: response_format }),
    ...(providerOptions.length > 0 && { providerOptions: Object.fromEntries(providerOptions) }),
    ...(metadata && { metadata: { ...metadata } }),
    ...wishes,
  };
  return { request, streamed: stream === true, includeUsage: stream_options?.include_usage === true };
}

/** Clients send back what they got, with fields that only answers have: those are left out. */
function toMessage({ role, content, name, tool_calls, tool_call_id }: ChatMessage): Message {
  return {
    role,
    ...given({ content, name, toolCalls: tool_calls?.length ? tool_calls : undefined, toolCallId: tool_call_id }),
  };
}
