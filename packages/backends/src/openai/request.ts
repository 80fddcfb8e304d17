import type { BackendRequest, Message } from "@llm-router/contracts";
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { messagesWithImages } from "../images.ts";

/** The model option that names the field for maxTokens; it is not sent. */
const maxTokensOption = "maxTokensField";

/**
 * The body of a chat completion. The model's options are the defaults, what the request says goes before them,
 * `providerOptions` before that; only the stream's own fields cannot be changed.
 * `maxTokens` is sent as `max_tokens`, which every compatible server knows, or as `max_completion_tokens` where the
 * model's options say `maxTokensField: "max_completion_tokens"` (OpenAI's reasoning models).
 */
export function toChatCompletion(request: BackendRequest, modelOptions: Record<string, unknown> = {}): ChatCompletionCreateParamsStreaming {
  const { [maxTokensOption]: maxTokensField = "max_tokens", ...defaults } = modelOptions;
  const { temperature, topP, maxTokens, stop, seed, tools, toolChoice, responseFormat } = request;
  const named = {
    temperature,
    top_p: topP,
    [String(maxTokensField)]: maxTokens,
    stop: stop?.length ? stop : undefined,
    seed,
    tools: tools?.length ? tools : undefined,
    tool_choice: tools?.length ? toolChoice : undefined, // servers refuse a choice without tools
    response_format: responseFormat,
  };
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    ...request.providerOptions,
    model: request.model,
    messages: messagesWithImages(request).map(toMessageParam),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** The same fields under OpenAI's names. Which fields a role may have is for the server to judge. */
function toMessageParam(message: Message): ChatCompletionMessageParam {
  const { role, content, name, toolCalls, toolCallId } = message;
  const param = {
    role,
    content: content ?? (toolCalls?.length ? null : ""),
    ...(name !== undefined && { name }),
    ...(toolCalls?.length && { tool_calls: toolCalls }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  };
  return param as ChatCompletionMessageParam;
}
