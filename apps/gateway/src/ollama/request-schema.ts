import { narrowed, tool } from "@llm-router/contracts";
import { z } from "zod";

const options = z.looseObject({
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  /** Less than 1: no limit. */
  num_predict: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  seed: z.int().nullish(),
});

const noLogprobs = "is not supported: answers carry no log probabilities";

const common = {
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  /** "json" or a JSON schema. Some clients send "" for none. */
  format: z.union([z.enum(["json", ""]), z.record(z.string(), z.unknown())]).nullish(),
  options: options.nullish(),
  /** Of the model's definition here; a request cannot change how long a model stays loaded. 0 without a prompt: asks to unload it. */
  keep_alive: z.union([z.string(), z.number()]).nullish(),
  logprobs: z.literal(false, noLogprobs).nullish(),
  top_logprobs: z.literal(0, noLogprobs).nullish(),
};

/** The body of POST /api/generate, as far as it is read here. Other fields go to the provider as they are. */
export const generateRequest = z.looseObject({
  ...common,
  prompt: z.string().nullish(),
  system: z.string().nullish(),
  images: z.array(z.string().min(1)).max(32).nullish(),
});

const toolCall = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()).nullish() }),
});

const message = z.looseObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string().nullish(),
  images: z.array(z.string().min(1)).max(32).nullish(),
  tool_calls: z.array(toolCall).nullish(),
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});
export type ChatMessage = z.output<typeof message>;

/** The body of POST /api/chat. */
export const chatRequest = z.looseObject({ ...common, messages: z.array(message).nullish(), tools: z.array(tool).max(128).nullish() });

export type CommonFields = z.output<z.ZodObject<typeof common>>;
export const narrowGenerateRequest = narrowed(generateRequest, (fields) => fields);
export const narrowChatRequest = narrowed(chatRequest, (fields) => fields);
