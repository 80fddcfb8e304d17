import { type AnswerWriter, countTokens, isRecord, type ModelApi, type ModelCall, type Problem, ProblemError, type Refusal } from "./api.ts";
import { canonicalName } from "./behaviour.ts";
import { readFormat, readKeepAlive, readOptions } from "./ollama-options.ts";
import { ollamaWriter } from "./ollama-writer.ts";

type Kind = "generate" | "chat";

const fieldTypes: Record<string, string> = { model: "string", prompt: "string", system: "string", stream: "bool", raw: "bool", truncate: "bool", messages: "array", tools: "array", images: "array", options: "object" };
const structs = { generate: "GenerateRequest", chat: "ChatRequest" } as const;

/** `/api/generate` and `/api/chat` of an Ollama 0.17 server. */
export function ollamaApi(kind: Kind): ModelApi {
  return {
    name: `ollama.${kind}`,
    streamType: "application/x-ndjson",
    plainType: "application/json; charset=utf-8",
    read: (body) => readCall(kind, body),
    refusal,
    defaultMessage: (status) => (status === 500 ? "llama runner process no longer running: -1 " : `simulated error ${status}`),
    problemBody: (problem) => JSON.stringify({ error: problem.message }),
  };
}

function readCall(kind: Kind, body: string): ModelCall & { writer: AnswerWriter } {
  const request = readObject(kind, body);
  const model = typeof request["model"] === "string" ? request["model"] : "";
  if (model === "") throw new ProblemError(kind === "chat" ? { status: 400, message: "model is required" } : refusal("unknown-model", ""));
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
  if (!isRecord(parsed)) throw new ProblemError({ status: 400, message: `json: cannot unmarshal ${goType(parsed)} into Go value of type api.${structs[kind]}` });
  for (const [name, value] of Object.entries(parsed)) {
    const expected = fieldTypes[name];
    if (expected === undefined || value === null || goType(value) === expected) continue;
    throw new ProblemError({ status: 400, message: `json: cannot unmarshal ${goType(value)} into Go struct field ${structs[kind]}.${name} of type ${expected}` });
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
  return { prompt: text, tokens: countTokens(text, typeof system === "string" ? system : ""), hasImages: hasItems(images), empty: text === "" };
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

function refusal(reason: Refusal, model: string): Problem {
  switch (reason) {
    case "unknown-model":
      return { status: 404, message: `model '${model}' not found` };
    case "no-tools":
      return { status: 400, message: `registry.ollama.ai/library/${canonicalName(model).includes(":") ? model : `${canonicalName(model)}:latest`} does not support tools` };
    case "no-images":
      return { status: 500, message: "this model is missing data required for image input" };
    case "no-thinking":
      return { status: 400, message: `${JSON.stringify(model)} does not support thinking` };
    case "context-length":
      return { status: 400, message: "the input length exceeds the context length" };
    case "busy":
      return { status: 503, message: "server busy, please try again.  maximum pending requests exceeded" };
    case "rate-limited":
      return { status: 429, message: "too many requests" };
  }
}
