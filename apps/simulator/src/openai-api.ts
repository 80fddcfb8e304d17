import {
  type AnswerWriter,
  countTokens,
  isRecord,
  type ModelApi,
  type ModelCall,
  type Problem,
  ProblemError,
  type Refusal,
} from "./api.ts";
import { openaiWriter } from "./openai-writer.ts";

const invalid = (message: string, code?: string): Problem => ({
  status: 400,
  message,
  type: "invalid_request_error",
  ...(code === undefined ? {} : { code }),
});

let answers = 0;

/** `/v1/chat/completions` as OpenAI answers it. */
export const openaiChatApi: ModelApi = {
  name: "openai.chat",
  streamType: "text/event-stream; charset=utf-8",
  plainType: "application/json",
  read: readCall,
  refusal: (reason, model) => refusals[reason](model),
  defaultMessage: (status) =>
    status >= 500 ? "The server had an error while processing your request. Sorry about that!" : `simulated error ${status}`,
  problemBody: (problem) => {
    const { message, type = problem.status >= 500 ? "server_error" : "invalid_request_error", code = null } = problem;
    return JSON.stringify({ error: { message, type, param: null, code } });
  },
};

export const wrongKey: Problem = {
  status: 401,
  message: "Incorrect API key provided.",
  type: "invalid_request_error",
  code: "invalid_api_key",
};

function readCall(body: string): ModelCall & { writer: AnswerWriter } {
  const request = readObject(body);
  const { model, messages, tools, stream_options: streamOptions, response_format: format } = request;
  if (typeof model !== "string" || model === "") throw new ProblemError(invalid("you must provide a model parameter"));
  if (!Array.isArray(messages)) throw new ProblemError(invalid("Missing required parameter: 'messages'.", "missing_required_parameter"));
  if (messages.length === 0)
    throw new ProblemError(invalid("Invalid 'messages': empty array. Expected an array with minimum length 1.", "empty_array"));
  const temperature = request["temperature"];
  if (temperature !== undefined && temperature !== null && (typeof temperature !== "number" || temperature < 0 || temperature > 2)) {
    throw new ProblemError(invalid("Invalid 'temperature': expected a number between 0 and 2."));
  }
  const input = readMessages(messages.filter(isRecord));
  const hasTools = Array.isArray(tools) && tools.length > 0;
  return {
    model,
    stream: request["stream"] === true,
    ...input,
    maxTokens: readMaxTokens(request["max_completion_tokens"] ?? request["max_tokens"]),
    stop: [request["stop"]].flat().filter((stop): stop is string => typeof stop === "string" && stop !== ""),
    wantsJson: isRecord(format) && format["type"] !== "text",
    wantsReasoning: undefined,
    hasTools,
    mayCallTools: hasTools && request["tool_choice"] !== "none",
    contextLength: undefined,
    truncates: false,
    writer: openaiWriter({
      id: `chatcmpl-${++answers}`,
      model,
      includeUsage: isRecord(streamOptions) && streamOptions["include_usage"] === true,
    }),
  };
}

function readObject(body: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  if (isRecord(parsed)) return parsed;
  throw new ProblemError(invalid("We could not parse the JSON body of your request."));
}

function readMaxTokens(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new ProblemError(invalid("Invalid 'max_tokens': expected an integer of at least 1.", "integer_below_min_value"));
}

function readMessages(messages: Record<string, unknown>[]): { prompt: string; promptTokens: number; hasImages: boolean } {
  const parts = messages.map((message) => {
    const content = message["content"];
    return typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content.filter(isRecord) : [];
  });
  const texts = parts.map((items) => items.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("\n"));
  const lastOfUser = messages.findLastIndex((message) => message["role"] === "user");
  return {
    prompt: texts[lastOfUser] ?? texts.at(-1) ?? "",
    promptTokens: countTokens(...texts),
    hasImages: parts.some((items) => items.some((part) => part["type"] === "image_url")),
  };
}

const refusals: Record<Refusal, (model: string) => Problem> = {
  "unknown-model": (model) => ({
    ...invalid(`The model \`${model}\` does not exist or you do not have access to it.`, "model_not_found"),
    status: 404,
  }),
  "no-tools": () => invalid("Unsupported parameter: 'tools' is not supported with this model.", "unsupported_parameter"),
  "no-images": () => invalid("Invalid content type. image_url is only supported by certain models."),
  "no-thinking": () => invalid("Unsupported parameter: 'reasoning_effort' is not supported with this model.", "unsupported_parameter"),
  "context-length": () =>
    invalid("This model's maximum context length is exceeded by your messages. Please reduce their length.", "context_length_exceeded"),
  busy: () => ({ status: 503, message: "server busy, please try again.  maximum pending requests exceeded", type: "api_error" }),
  "rate-limited": (model) => ({
    status: 429,
    message: `Rate limit reached for ${model} on requests per min (RPM).`,
    type: "requests",
    code: "rate_limit_exceeded",
  }),
};
