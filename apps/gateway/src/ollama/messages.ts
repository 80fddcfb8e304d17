import type { ContentPart, Message, ToolCall } from "@llm-router/contracts";
import { given } from "../given.ts";
import type { ChatMessage } from "./request-schema.ts";

/** Base64 of the first bytes of the formats that vision models take. */
const magic: [prefix: string, type: string][] = [
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/**
 * Ollama's messages as ours. Its tool calls have no ids, and a tool's result names only its tool: each call gets an id, and a
 * result that of the first call of its tool that has none yet.
 */
export function toMessages(messages: readonly ChatMessage[]): Message[] {
  const open: ToolCall[] = [];
  return messages.map(({ role, content, images, tool_calls, tool_name, tool_call_id }, index) => {
    const toolCalls = tool_calls?.map(({ id, function: { name, arguments: args } }, nth): ToolCall => ({
      id: id || `call_${index}_${nth}`,
      type: "function",
      function: { name, arguments: JSON.stringify(args ?? {}) },
    }));
    open.push(...(toolCalls ?? []));
    const text = content ?? "";
    return {
      role,
      content: images?.length ? [{ type: "text", text }, ...images.map(imagePart)] : text,
      ...(toolCalls?.length && { toolCalls }),
      ...(role === "tool" && given({ name: tool_name || undefined, toolCallId: tool_call_id || take(open, tool_name) })),
    };
  });
}

function take(open: ToolCall[], toolName: string | null | undefined): string | undefined {
  const at = toolName ? open.findIndex((call) => call.function.name === toolName) : 0;
  return open.splice(at < 0 ? 0 : at, 1)[0]?.id;
}

function imagePart(image: string): ContentPart {
  const type = magic.find(([prefix]) => image.startsWith(prefix))?.[1] ?? "image/png";
  return { type: "image_url", image_url: { url: image.startsWith("data:") ? image : `data:${type};base64,${image}` } };
}
