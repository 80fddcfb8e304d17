import { type BackendAnswer, type BackendDelta, BackendError, type ToolCall } from "@llm-router/contracts";
import { GrowingText } from "./growing-text.ts";

/**
 * Folds a stream into one answer.
 * @param onDelta Is told of each delta as it comes.
 * @throws {BackendError} `truncated` when no delta carried a finishReason; whatever the stream throws.
 */
export async function collect(deltas: AsyncIterable<BackendDelta>, onDelta?: (delta: BackendDelta) => void): Promise<BackendAnswer> {
  const answer: BackendAnswer = { content: "" };
  const toolCalls: ToolCall[] = [];
  const [content, reasoning] = [new GrowingText(), new GrowingText()];
  for await (const delta of deltas) {
    onDelta?.(delta);
    if (delta.text !== undefined) content.add(delta.text);
    if (delta.reasoning !== undefined) reasoning.add(delta.reasoning);
    if (delta.toolCalls) toolCalls.push(...delta.toolCalls);
    if (delta.finishReason) answer.finishReason = delta.finishReason;
    if (delta.usage) answer.usage = delta.usage;
  }
  if (answer.finishReason === undefined) throw new BackendError("truncated", "The answer ended without its end mark.");
  answer.content = content.toString();
  const thought = reasoning.toString();
  if (thought !== "") answer.reasoning = thought;
  if (toolCalls.length > 0) answer.toolCalls = toolCalls;
  return answer;
}
