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
import { fullName } from "./model-name.ts";
import { readFormat, readKeepAlive, readOptions } from "./ollama-options.ts";
import { ollamaWriter } from "./ollama-writer.ts";

type Kind = "generate" | "chat";

const fieldTypes: Record<string, string> = {
  model: "string",
  prompt: "string",
  system: "string",
  stream: "bool",
  raw: "bool",
  truncate: "bool",
  messages: "array",
  tools: "array",
  images: "array",
  options: "object",
};
const structs = { generate: "GenerateRequest", chat: "ChatRequest" } as const;

/** `/api/generate` and `/api/chat` of an Ollama 0.17 server. */
export function ollamaApi(kind: Kind): ModelApi {
  return {
    name: `ollama.${kind}`,
    streamType: "application/x-ndjson",
    plainType: "application/json; charset=utf-8",
    read: (body) => readCall(kind, body),
    refusal: (reason, model) => refusals[reason](model),
    defaultMessage: (status) => (status === 500 ? "llama runner process no longer running: -1 " : `simulated error ${status}`),
    problemBody: (problem) => JSON.stringify({ error: problem.message }),
  };
}

function readCall(kind: Kind, body: string): ModelCall & { writer: AnswerWriter } {
  const request = readObject(kind, body);
  const model = typeof request["model"] === "string" ? request["model"] : "";
  if (model === "") throw new ProblemError(kind === "chat" ? { status: 400, message: "model is required" } : refusals["unknown-model"](""));
  const unload = readKeepAlive(request["keep_alive"]);
  const options = readOptions(isRecord(request["options"]) ? request["options"] : undefined);
  const input = kind === "generate" ? readPrompt(request) : readMessages(request);
  const think = request["think"];
  const writer = ollamaWriter({ kind, model, raw: request["raw"] === true });
  const hasTools = Array.isArray(request["tools"]) && request["tools"].length > 0;
  return {
    model,
    stream: request["stream"] !== false,
    prompt: input.prompt,
    promptTokens: input.tokens,
    ...options,
    truncates: request["truncate"] !== false,
    wantsJson: readFormat(request["format"]),
    wantsReasoning: think === undefined || think === null ? undefined : think !== false,
    hasTools,
    mayCallTools: hasTools,
    hasImages: input.hasImages,
    ...(input.empty ? { instead: writer.load(unload) } : {}),
    writer,
  };
}

/** @throws {ProblemError} in Go's words for what does not parse. */
function readObject(kind: Kind, body: string): Record<string, unknown> {
  if (body === "") throw new ProblemError({ status: 400, message: "missing request body" });
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new ProblemError({ status: 400, message: "unexpected EOF" });
  }
  if (!isRecord(parsed))
    throw new ProblemError({ status: 400, message: `json: cannot unmarshal ${goType(parsed)} into Go value of type api.${structs[kind]}` });
  for (const [name, value] of Object.entries(parsed)) {
    const expected = fieldTypes[name];
    if (expected === undefined || value === null || goType(value) === expected) continue;
    throw new ProblemError({
      status: 400,
      message: `json: cannot unmarshal ${goType(value)} into Go struct field ${structs[kind]}.${name} of type ${expected}`,
    });
  }
  return parsed;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

interface Input {
  prompt: string;
  tokens: number;
  hasImages: boolean;
  empty: boolean;
}

function readPrompt(request: Record<string, unknown>): Input {
  const { prompt, system, images } = request;
  const text = typeof prompt === "string" ? prompt : "";
  return {
    prompt: text,
    tokens: countTokens(text, typeof system === "string" ? system : ""),
    hasImages: hasItems(images),
    empty: text === "",
  };
}

function readMessages(request: Record<string, unknown>): Input {
  const messages = Array.isArray(request["messages"]) ? request["messages"].filter(isRecord) : [];
  const texts = messages.map((message) => (typeof message["content"] === "string" ? message["content"] : ""));
  const lastOfUser = messages.findLastIndex((message) => message["role"] === "user");
  return {
    prompt: texts[lastOfUser] ?? texts.at(-1) ?? "",
    tokens: countTokens(...texts),
    hasImages: messages.some((message) => hasItems(message["images"])),
    empty: messages.length === 0,
  };
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

const refusals: Record<Refusal, (model: string) => Problem> = {
  "unknown-model": (model) => ({ status: 404, message: `model '${model}' not found` }),
  "no-tools": (model) => ({ status: 400, message: `registry.ollama.ai/library/${fullName(model)} does not support tools` }),
  "no-images": () => ({ status: 500, message: "this model is missing data required for image input" }),
  "no-thinking": (model) => ({ status: 400, message: `${JSON.stringify(model)} does not support thinking` }),
  "context-length": () => ({ status: 400, message: "the input length exceeds the context length" }),
  busy: () => ({ status: 503, message: "server busy, please try again.  maximum pending requests exceeded" }),
  "rate-limited": () => ({ status: 429, message: "too many requests" }),
};
