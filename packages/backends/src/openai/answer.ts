import { randomUUID } from "node:crypto";
import type { BackendDelta, FinishReason, ToolCall, Usage } from "@llm-router/contracts";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";

/** Where compatible servers put what the SDK's types do not know: DeepSeek, vLLM and llama.cpp `reasoning_content`, OpenRouter and Ollama `reasoning`. */
type ChunkDelta = ChatCompletionChunk.Choice.Delta & { reasoning_content?: string | null; reasoning?: string | null };

/** Turns chunks into deltas. Tool calls come in pieces and leave whole, in the last delta, with the finish reason and the usage. */
export interface AnswerReader {
  /** What a chunk adds that can be shown at once, or undefined. */
  read(chunk: ChatCompletionChunk): BackendDelta | undefined;
  /** The last delta, or undefined when no finish reason came: the answer is truncated. */
  finish(): BackendDelta | undefined;
}

export function createAnswerReader(): AnswerReader {
  const calls = new Map<number, ToolCall>();
  let finishReason: FinishReason | undefined;
  let refused = false;
  let usage: Usage | undefined;

  return {
    read(chunk) {
      if (chunk?.usage) usage = toUsage(chunk.usage);
      const choice = chunk?.choices?.find((each) => each.index === 0);
      if (!choice) return undefined;
      if (choice.finish_reason) finishReason = toFinishReason(choice.finish_reason);
      const part: ChunkDelta = choice.delta ?? {};
      for (const piece of part.tool_calls ?? []) addPiece(calls, piece);
      if (part.refusal) refused = true;
      const text = part.content || part.refusal;
      const reasoning = part.reasoning_content || part.reasoning;
      return text || reasoning ? { ...(text && { text }), ...(reasoning && { reasoning }) } : undefined;
    },
    finish() {
      if (finishReason === undefined) return undefined;
      const toolCalls = [...calls.entries()].toSorted(([a], [b]) => a - b).map(([, call]) => call);
      return {
        ...(toolCalls.length > 0 && { toolCalls }),
        // Some servers say `stop` after calls; a refusal is the provider's filter speaking.
        finishReason: finishReason === "stop" ? (toolCalls.length > 0 ? "tool_calls" : refused ? "content_filter" : "stop") : finishReason,
        ...(usage && { usage }),
      };
    },
  };
}

function addPiece(calls: Map<number, ToolCall>, piece: ChatCompletionChunk.Choice.Delta.ToolCall): void {
  // Some compatible servers (Gemini's) leave the index out and send each call whole.
  const index = piece.index ?? (piece.id ? calls.size : calls.size - 1);
  let call = calls.get(index);
  if (!call) {
    call = { id: piece.id || `call_${randomUUID()}`, type: "function", function: { name: "", arguments: "" } };
    calls.set(index, call);
  }
  call.function.name += piece.function?.name ?? "";
  call.function.arguments += piece.function?.arguments ?? "";
}

function toUsage(usage: NonNullable<ChatCompletionChunk["usage"]>): Usage {
  const promptTokens = usage.prompt_tokens ?? 0;
  const completionTokens = usage.completion_tokens ?? 0;
  return { promptTokens, completionTokens, totalTokens: usage.total_tokens ?? promptTokens + completionTokens };
}

function toFinishReason(reason: string): FinishReason {
  switch (reason) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
      return reason;
    case "function_call":
      return "tool_calls";
    default:
      return "other";
  }
}
