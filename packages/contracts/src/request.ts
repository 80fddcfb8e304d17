import { z } from "zod";
import { narrowed } from "./narrowed.ts";

/** Model names of llm-router (not the provider's): `qwen2.5:3b` is refused with the suggestion `qwen2.5-3b`. */
export const modelNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const modelName = z.string().regex(modelNamePattern, {
  error: (issue) => `is not a model name ([a-z0-9][a-z0-9._-]{0,63}); try "${suggestModelName(String(issue.input))}"`,
});

/** The nearest valid model name to `name`. */
export function suggestModelName(name: string): string {
  const cleaned = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 64);
  return cleaned === "" ? "model" : cleaned;
}

/** A call of a function, in OpenAI's shape; `arguments` is JSON text as the model wrote it. */
export const toolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
export type ToolCall = z.output<typeof toolCall>;

const contentPart = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({
    type: z.literal("image_url"),
    image_url: z.looseObject({ url: z.string().min(1), detail: z.enum(["auto", "low", "high"]).optional() }),
  }),
]);
export type ContentPart = z.output<typeof contentPart>;

export const message = z.strictObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  name: z.string().optional(),
  toolCalls: z.array(toolCall).optional(),
  toolCallId: z.string().optional(),
});
export type Message = z.output<typeof message>;

export const tool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({
    name: z.string().min(1),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});
export type Tool = z.output<typeof tool>;

export const toolChoice = z.union([
  z.enum(["auto", "none", "required"]),
  z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) }),
]);
export type ToolChoice = z.output<typeof toolChoice>;

export const responseFormat = z.union([
  z.looseObject({ type: z.enum(["text", "json_object"]) }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({
      name: z.string(),
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);
export type ResponseFormat = z.output<typeof responseFormat>;

export const cacheMode = z.enum(["use", "bypass", "refresh", "only"]);
export type CacheMode = z.output<typeof cacheMode>;

/** Every field is optional: see {@link narrowRequestSchema}. */
const requestFields = z.strictObject({
  /** The prompt; give this or `messages`. */
  prompt: z.string().regex(/\S/, "is empty").optional(),
  messages: z.array(message).min(1, "is empty").optional(),
  system: z.string().optional(),
  /** Use this model only. */
  model: modelName.optional(),
  /** Use these, in this order of preference. Neither: the route of the request's class. */
  models: z.array(modelName).min(1).max(32).optional(),
  /** A class name in any case, or an integer from 1 to 3999 (default NORMAL). */
  priority: z.union([z.string(), z.number()]).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  maxTokens: z.int().positive().optional(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).optional(),
  seed: z.int().optional(),
  tools: z.array(tool).max(128).optional(),
  toolChoice: toolChoice.optional(),
  responseFormat: responseFormat.optional(),
  /** Images of the prompt: base64 or data URLs. */
  images: z.array(z.string().min(1)).max(32).optional(),
  /** Passed to the provider as they are. */
  providerOptions: z.record(z.string(), z.unknown()).optional(),
  /** Write deltas to the request's stream, readable by anyone who attaches (default: true for stream() and enqueue(), false for generate()). */
  stream: z.boolean().optional(),
  tenant: z.string().min(1).max(128).optional(),
  idempotencyKey: z.string().min(1).max(256).optional(),
  /** Whole budget in milliseconds from acceptance, queueing included (generate and stream 120 s, enqueue 24 h). */
  timeoutMs: z
    .int()
    .positive()
    .max(30 * 24 * 3_600_000)
    .optional(),
  cache: cacheMode.optional(),
  onDisconnect: z.enum(["cancel", "continue"]).optional(),
  onBrokenStream: z.enum(["error", "restart"]).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const withRules = (fields: typeof requestFields) =>
  fields
    .refine((request) => (request.prompt === undefined) !== (request.messages === undefined), {
      error: "give either prompt or messages",
      path: ["prompt"],
    })
    .refine((request) => request.model === undefined || request.models === undefined, {
      error: "give either model or models",
      path: ["models"],
    });

/** What a caller hands over. Unset fields are the provider's defaults; nothing is filled in but what is said here. */
export const requestSchema = withRules(requestFields);

/** {@link requestSchema} of the fields that `input` has, and with the same verdict on it: most requests have two or three of them. */
export const narrowRequestSchema = narrowed(requestFields, withRules);

export type Request = z.input<typeof requestSchema>;
