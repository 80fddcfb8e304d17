import { type FinishReason, type Result, requestTime, type Usage } from "@llm-router/contracts";

export function completionId(id: string): string {
  return `chatcmpl-${id}`;
}

/** When it was asked for, in seconds since the epoch. */
export function createdAt(id: string): number {
  return Math.floor((requestTime(id) ?? Date.now()) / 1_000);
}

export function finishReasonOf(reason: FinishReason): Exclude<FinishReason, "other"> {
  return reason === "other" ? "stop" : reason;
}

export function usageOf({ promptTokens, completionTokens, totalTokens }: Usage): object {
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens };
}

/** A result as OpenAI's chat completion. Reasoning is where DeepSeek, vLLM and llama.cpp put it. */
export function toChatCompletion({ id, content, reasoning, toolCalls, modelUsed, finishReason, usage }: Result): object {
  const message = {
    role: "assistant",
    content: content === "" && toolCalls?.length ? null : content,
    refusal: null,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolCalls?.length && { tool_calls: toolCalls }),
  };
  return {
    id: completionId(id),
    object: "chat.completion",
    created: createdAt(id),
    model: modelUsed,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasonOf(finishReason) }],
    usage: usageOf(usage),
  };
}
