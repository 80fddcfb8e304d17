import { isRecord, BackendError, type Message as ChatMessage, type ToolCall } from "@llm-router/contracts";
import type { Message, ToolCall as OllamaToolCall } from "ollama/browser";
import { imageBase64, partsOf } from "../images.ts";

/** Ollama's own names for what npm's types leave out. */
type OllamaMessage = Message & { tool_call_id?: string };

/**
 * Chat messages in Ollama's shape: text and images apart, arguments as objects, results of tools by the tool's name.
 * @throws {BackendError} `unsupported` for an image given as a link, `rejected` for arguments that are not a JSON object.
 */
export function toOllamaMessages(messages: readonly ChatMessage[]): Message[] {
  const toolNames = new Map(messages.flatMap((message) => (message.toolCalls ?? []).map((call) => [call.id, call.function.name] as const)));
  return messages.map((message): OllamaMessage => {
    const parts = partsOf(message);
    const images = parts.flatMap((part) => (part.type === "image_url" ? [toOllamaImage(part.image_url.url)] : []));
    const toolName = toolNames.get(message.toolCallId ?? "") ?? (message.role === "tool" ? message.name : undefined);
    return {
      role: message.role === "developer" ? "system" : message.role,
      content: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
      ...(images.length > 0 && { images }),
      ...(message.toolCalls?.length && { tool_calls: message.toolCalls.map(toOllamaToolCall) }),
      ...(toolName !== undefined && { tool_name: toolName }),
      ...(message.toolCallId !== undefined && { tool_call_id: message.toolCallId }),
    };
  });
}

export function toOllamaImage(image: string): string {
  const base64 = imageBase64(image);
  if (base64 === undefined) throw new BackendError("unsupported", "Ollama does not support images as links; send base64 or a data URL.");
  return base64;
}

function toOllamaToolCall(call: ToolCall): OllamaToolCall {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.function.arguments || "{}");
  } catch {
    parsed = undefined; // answered below, with what is not an object
  }
  if (!isRecord(parsed)) throw new BackendError("rejected", `The arguments of the tool call ${call.id} in messages are not a JSON object.`);
  return { function: { name: call.function.name, arguments: parsed } };
}
