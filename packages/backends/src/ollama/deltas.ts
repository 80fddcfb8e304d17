import { randomUUID } from "node:crypto";
import type { BackendDelta, FinishReason, ToolCall } from "@llm-router/contracts";
import type { ChatResponse, GenerateResponse, ToolCall as OllamaToolCall } from "ollama/browser";

export type OllamaChunk = GenerateResponse | ChatResponse;

/** What one line of the stream adds, or undefined when it adds nothing. */
export function toDelta(chunk: OllamaChunk): BackendDelta | undefined {
  const part = "message" in chunk ? chunk.message : { content: chunk.response, thinking: chunk.thinking, tool_calls: undefined };
  const delta: BackendDelta = {};
  if (part?.content) delta.text = part.content;
  if (part?.thinking) delta.reasoning = part.thinking;
  if (part?.tool_calls?.length) delta.toolCalls = part.tool_calls.map(toToolCall);
  return Object.keys(delta).length > 0 ? delta : undefined;
}

/** What the line with `done: true` says about the end. Ollama leaves out counts that are zero. */
export function toFinish(chunk: OllamaChunk, sawToolCalls: boolean): BackendDelta {
  const promptTokens = chunk.prompt_eval_count ?? 0;
  const completionTokens = chunk.eval_count ?? 0;
  return {
    finishReason: sawToolCalls ? "tool_calls" : finishReasonOf(chunk.done_reason),
    usage: { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens },
  };
}

/** `load` and `unload` answer requests without a prompt: no model spoke. */
function finishReasonOf(reason: string | undefined): FinishReason {
  return reason === "stop" || reason === "length" ? reason : "other";
}

/** Ollama gives arguments as an object, and only newer servers an id. */
function toToolCall(call: OllamaToolCall & { id?: string }): ToolCall {
  return {
    id: call.id || `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`,
    type: "function",
    function: { name: call.function.name, arguments: JSON.stringify(call.function.arguments ?? {}) },
  };
}
