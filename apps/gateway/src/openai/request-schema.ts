import { narrowed, responseFormat, tool, toolCall, toolChoice } from "@llm-router/contracts";
import { z } from "zod";

const contentPart = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({
    type: z.literal("image_url"),
    image_url: z.looseObject({ url: z.string().min(1), detail: z.enum(["auto", "low", "high"]).optional() }),
  }),
]);

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  name: z.string().nullish(),
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().nullish(),
});
export type ChatMessage = z.output<typeof message>;

/**
 * The body of POST /v1/chat/completions, as far as it is read here. Other fields go to the provider as they are.
 */
export const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1, "is empty"),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  seed: z.int().nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: responseFormat.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  n: z.literal(1, "must be 1: an answer has one choice; send the request n times").nullish(),
  logprobs: z.literal(false, "is not supported: answers carry no log probabilities").nullish(),
  top_logprobs: z.literal(0, "is not supported: answers carry no log probabilities").nullish(),
  functions: z.null("is not supported; use tools").optional(),
  function_call: z.null("is not supported; use tool_choice").optional(),
  audio: z.null("is not supported: answers are text").optional(),
  modalities: z.array(z.literal("text", "is not supported: answers are text")).nullish(),
});

export const narrowChatRequest = narrowed(chatRequest, (fields) => fields);
