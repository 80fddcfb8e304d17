import { isRecord, BackendError, type BackendRequest, type ResponseFormat, type Tool } from "@llm-router/contracts";
import type { ChatRequest, GenerateRequest, Tool as OllamaTool } from "ollama/browser";
import { messagesWithImages } from "../images.ts";
import { toOllamaImage, toOllamaMessages } from "./messages.ts";

/** Fields that stand beside `options` in Ollama's API. Every other name is an option. */
const topLevelFields = new Set([
  "keep_alive",
  "think",
  "template",
  "raw",
  "suffix",
  "format",
  "context",
  "truncate",
  "shift",
  "logprobs",
  "top_logprobs",
]);
/** Options with which the model is loaded: a change of one restarts its runner, and every request behind waits. */
const loadingOptions = new Set(["num_ctx", "num_gpu", "num_thread", "num_batch", "main_gpu", "use_mmap"]);

export type OllamaCall =
  | { endpoint: "generate"; body: GenerateRequest & { stream: true } }
  | { endpoint: "chat"; body: ChatRequest & { stream: true } };

interface Settings {
  fields: Record<string, unknown>;
  options: Record<string, unknown>;
}

/**
 * Ollama's form of a request: `/api/generate` for a plain prompt without tools, else `/api/chat`.
 * The model's options are the defaults; what the request says goes before them, `providerOptions` before that. Only
 * loading options are the other way round: where the model sets one, it is the same for all of its requests.
 * Ollama has no tool_choice: `none` sends no tools, a named tool is the only one sent, `required` cannot be enforced.
 * @throws {BackendError} `rejected` for num_predict 0, which to Ollama means no limit; what toOllamaMessages throws.
 */
export function toOllamaCall(request: BackendRequest, modelOptions: Record<string, unknown> = {}): OllamaCall {
  const model = sortSettings(modelOptions);
  const caller = sortSettings(request.providerOptions ?? {});
  const fixed = Object.fromEntries(Object.entries(model.options).filter(([name]) => loadingOptions.has(name)));
  const options = { ...model.options, ...samplingOptions(request), ...caller.options, ...fixed };
  if (options["num_predict"] === 0) throw new BackendError("rejected", "num_predict: 0 means no limit to Ollama; use 1 or more.");

  const format = formatOf(request.responseFormat);
  const shared = {
    ...model.fields,
    ...(format !== undefined && { format }),
    ...caller.fields,
    model: request.model,
    stream: true as const,
    options,
  };
  const tools = toolsOf(request);
  if (request.prompt !== undefined && tools === undefined) {
    const images = request.images?.map(toOllamaImage);
    const { prompt, system } = request;
    return { endpoint: "generate", body: { ...shared, prompt, ...(system !== undefined && { system }), ...(images && { images }) } };
  }
  return { endpoint: "chat", body: { ...shared, messages: toOllamaMessages(messagesWithImages(request)), ...(tools && { tools }) } };
}

/** Puts each setting where Ollama expects it, also when it is given in a nested `options`. */
function sortSettings(settings: Record<string, unknown>): Settings {
  const sorted: Settings = { fields: {}, options: {} };
  for (const [name, value] of Object.entries(settings)) {
    if (name === "options" && isRecord(value)) Object.assign(sorted.options, value);
    else (topLevelFields.has(name) ? sorted.fields : sorted.options)[name] = value;
  }
  return sorted;
}

function samplingOptions(request: BackendRequest): Record<string, unknown> {
  const { temperature, topP, maxTokens, stop, seed } = request;
  const named = { temperature, top_p: topP, num_predict: maxTokens, stop: stop?.length ? stop : undefined, seed };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function formatOf(format: ResponseFormat | undefined): string | object | undefined {
  if (format === undefined || format.type === "text") return undefined;
  return format.type === "json_schema" ? (format.json_schema.schema ?? "json") : "json";
}

function toolsOf({ tools, toolChoice }: BackendRequest): OllamaTool[] | undefined {
  if (!tools?.length || toolChoice === "none") return undefined;
  const wanted = typeof toolChoice === "object" ? tools.filter((tool) => tool.function.name === toolChoice.function.name) : tools;
  return wanted.map(toOllamaTool);
}

/** A caller's JSON schema goes through as it is; npm's types know only a part of what Ollama takes. */
function toOllamaTool({ type, function: { name, description, parameters } }: Tool): OllamaTool {
  return {
    type,
    function: { name, ...(description !== undefined && { description }), parameters: parameters ?? { type: "object", properties: {} } },
  };
}
