// Every kind of answer of the OpenAI and Ollama routes: asked for here, held to our shapes by published.test.ts, and to the
// published specifications by contract-check.ts.
import * as shapes from "./shapes.ts";

const hello = [{ role: "user", content: "hello" }];
const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const schema = { type: "object", properties: { answer: { type: "string" } } };

/** What a body is: one JSON value, or a stream of them in one of the two formats. */
type BodyKind = "json" | "sse" | "ndjson";

export interface Exchange {
  name: string;
  method?: "GET" | "POST";
  path: string;
  body?: unknown;
  status: number;
  kind: BodyKind;
  /** The published schema of the body; of a stream, of each part. */
  published: string;
  /** Of a stream's last part, where that is another one. */
  publishedEnd?: string;
  /** Ours, of the last part. */
  shape: { parse(value: unknown): unknown };
  /** Ours, of the parts before it. */
  partShape?: { parse(value: unknown): unknown };
}

const chat = (name: string, body: object): Exchange => ({
  name: `chat completion, ${name}`,
  path: "/v1/chat/completions",
  body: { model: "fast", messages: hello, ...body },
  status: 200,
  kind: "json",
  published: "CreateChatCompletionResponse",
  shape: shapes.completion,
});
const chatStream = (name: string, body: object): Exchange => ({
  ...chat(`streamed, ${name}`, { stream: true, ...body }),
  kind: "sse",
  published: "CreateChatCompletionStreamResponse",
  shape: shapes.chunk,
  partShape: shapes.chunk,
});
const chatError = (name: string, status: number, body: object): Exchange => ({
  ...chat(`error: ${name}`, body),
  status,
  published: "ErrorResponse",
  shape: shapes.openaiError,
});

export const openaiExchanges: Exchange[] = [
  chat("text", {}),
  chat("a route's choice", { model: "auto:high" }),
  chat("tool calls", { model: "tools", tools: [weather] }),
  chat("reasoning", { model: "thinker" }),
  chat("cut by max_tokens", { max_tokens: 2 }),
  chat("a JSON schema", { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } }),
  chatStream("text", {}),
  chatStream("with usage", { stream_options: { include_usage: true } }),
  chatStream("tool calls", { model: "tools", tools: [weather] }),
  chatStream("reasoning", { model: "thinker" }),
  { ...chatStream("broken", { model: "cut" }), shape: shapes.openaiError, publishedEnd: "ErrorResponse" },
  chatError("unknown model", 404, { model: "nope" }),
  chatError("wrong type", 400, { messages: [{ role: "user", content: 5 }] }),
  chatError("refused by the provider", 400, { model: "wrong" }),
  chatError("every attempt failed", 502, { model: "down" }),
  { name: "models", method: "GET", path: "/v1/models", status: 200, kind: "json", published: "ListModelsResponse", shape: shapes.models },
];

const ollama = (endpoint: "generate" | "chat", name: string, body: object): Exchange => ({
  name: `${endpoint}, ${name}`,
  path: `/api/${endpoint}`,
  body: { model: "llama", stream: false, ...(endpoint === "chat" ? { messages: hello } : { prompt: "hello" }), ...body },
  status: 200,
  kind: "json",
  published: endpoint === "chat" ? "ChatResponse" : "GenerateResponse",
  shape: endpoint === "chat" ? shapes.chatEnd : shapes.generateEnd,
});
const ollamaStream = (endpoint: "generate" | "chat", name: string, body: object): Exchange => ({
  ...ollama(endpoint, `streamed, ${name}`, { stream: true, ...body }),
  kind: "ndjson",
  published: endpoint === "chat" ? "ChatStreamEvent" : "GenerateStreamEvent",
  partShape: endpoint === "chat" ? shapes.chatLine : shapes.generateLine,
});
const ollamaError = (name: string, status: number, body: object): Exchange => ({
  ...ollama("chat", `error: ${name}`, body),
  status,
  published: "ErrorResponse",
  shape: shapes.ollamaError,
});
const ollamaGet = (path: string, published: string, shape: Exchange["shape"]): Exchange => ({
  name: path,
  method: "GET",
  path,
  status: 200,
  kind: "json",
  published,
  shape,
});

export const ollamaExchanges: Exchange[] = [
  ollama("generate", "text", {}),
  ollama("generate", "reasoning", { model: "thinker", think: true }),
  ollama("chat", "text", {}),
  ollama("chat", "tool calls", { model: "tools", tools: [weather] }),
  ollama("chat", "a JSON schema", { format: schema }),
  ollamaStream("generate", "text", {}),
  ollamaStream("chat", "text", {}),
  ollamaStream("chat", "tool calls", { model: "tools", tools: [weather] }),
  ollamaStream("chat", "reasoning", { model: "thinker", think: true }),
  { ...ollamaStream("chat", "broken", { model: "cut" }), shape: shapes.ollamaError, publishedEnd: "ErrorResponse" },
  ollamaError("unknown model", 404, { model: "nope" }),
  ollamaError("wrong type", 400, { messages: "hello" }),
  ollamaError("every attempt failed", 502, { model: "down" }),
  ollamaGet("/api/tags", "ListResponse", shapes.tags),
  ollamaGet("/api/ps", "PsResponse", shapes.served),
  ollamaGet("/api/version", "VersionResponse", shapes.version),
  { ...ollamaGet("/api/show", "ShowResponse", shapes.shown), method: "POST", body: { model: "llama" } },
];

/** Does one exchange, and gives the parts of its body. @throws when status or format is not as it should be. */
export async function exchange(url: string, { name, method = "POST", path, body, status, kind }: Exchange): Promise<unknown[]> {
  const response = await fetch(`${url}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${name}: status ${response.status} instead of ${status}: ${text}`);
  return partsOf(kind, text);
}

function partsOf(kind: BodyKind, text: string): unknown[] {
  if (kind === "json") return [JSON.parse(text)];
  if (kind === "ndjson")
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  return text
    .trimEnd()
    .split("\n\n")
    .map((event) => event.replace(/^data: /, ""))
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data) as unknown);
}
