import type { FinishReason, Result, ToolCall } from "@llm-router/contracts";

/** Which of the two endpoints answers: they put the text in different places. */
export type Endpoint = "generate" | "chat";

interface Part {
  text: string;
  reasoning?: string | undefined;
  toolCalls?: readonly ToolCall[] | undefined;
}

/** One line of a stream, or a whole answer. */
export function toLine(endpoint: Endpoint, model: string, { text, reasoning, toolCalls }: Part, more: object): object {
  const head = { model, created_at: new Date().toISOString() };
  const thinking = reasoning ? { thinking: reasoning } : {};
  if (endpoint === "generate") return { ...head, response: text, ...thinking, ...more };
  const calls = toolCalls?.length ? { tool_calls: toolCalls.map(toOllamaToolCall) } : {};
  return { ...head, message: { role: "assistant", content: text, ...thinking, ...calls }, ...more };
}

/** What the last line says about the whole. Durations are in nanoseconds; loading and reading the prompt are not measured apart. */
export function toSummary({ finishReason, latencyMs, waitMs, usage }: Result): object {
  return {
    done: true,
    done_reason: doneReason(finishReason),
    total_duration: nanoseconds(latencyMs),
    load_duration: 0,
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: 0,
    eval_count: usage.completionTokens,
    eval_duration: nanoseconds(latencyMs - waitMs),
  };
}

export function toWhole(endpoint: Endpoint, result: Result): object {
  const { modelUsed, content, reasoning, toolCalls } = result;
  return toLine(endpoint, modelUsed, { text: content, reasoning, toolCalls }, toSummary(result));
}

function doneReason(reason: FinishReason): string {
  return reason === "tool_calls" || reason === "other" ? "stop" : reason;
}

function nanoseconds(ms: number): number {
  return Math.round(Math.max(0, ms)) * 1_000_000;
}

function toOllamaToolCall({ id, function: { name, arguments: text } }: ToolCall): object {
  return { id, function: { name, arguments: argumentsOf(text) } };
}

/** Models write arguments as they like; Ollama's clients take objects only. */
function argumentsOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : { value };
  } catch {
    return { value: text };
  }
}
