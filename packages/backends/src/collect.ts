import { type BackendAnswer, type BackendDelta, BackendError, type ToolCall } from "@llm-router/contracts";

/**
 * Folds a stream into one answer.
 * @param onDelta Is told of each delta as it comes.
 * @throws {BackendError} `truncated` when no delta carried a finishReason; whatever the stream throws.
 */
export async function collect(deltas: AsyncIterable<BackendDelta>, onDelta?: (delta: BackendDelta) => void): Promise<BackendAnswer> {
  const answer: BackendAnswer = { content: "" };
  const toolCalls: ToolCall[] = [];
  let reasoning = "";
  for await (const delta of deltas) {
    onDelta?.(delta);
    if (delta.text !== undefined) answer.content += delta.text;
    if (delta.reasoning !== undefined) reasoning += delta.reasoning;
    if (delta.toolCalls) toolCalls.push(...delta.toolCalls);
    if (delta.finishReason) answer.finishReason = delta.finishReason;
    if (delta.usage) answer.usage = delta.usage;
  }
  if (answer.finishReason === undefined) throw new BackendError("truncated", "The answer ended without its end mark.");
  if (reasoning !== "") answer.reasoning = reasoning;
  if (toolCalls.length > 0) answer.toolCalls = toolCalls;
  return answer;
}
