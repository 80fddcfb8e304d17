// What the answers of the OpenAI and Ollama routes must look like, in our own words. `contract-check.ts` holds the same
// answers to the published specifications.
import { z } from "zod";

const count = z.int().nonnegative();
const usage = z.strictObject({ prompt_tokens: count, completion_tokens: count, total_tokens: count });
const finish = z.enum(["stop", "length", "tool_calls", "content_filter"]);
const call = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
});
const head = { id: z.string().startsWith("chatcmpl-"), created: count, model: z.string().min(1) };

export const completion = z.strictObject({
  ...head,
  object: z.literal("chat.completion"),
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.strictObject({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        refusal: z.null(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(call).min(1).optional(),
      }),
      logprobs: z.null(),
      finish_reason: finish,
    }),
  ]),
  usage,
});

const delta = z.strictObject({
  role: z.literal("assistant").optional(),
  content: z.string().optional(),
  reasoning_content: z.string().optional(),
  tool_calls: z.array(call.extend({ index: count })).optional(),
});

export const chunk = z.strictObject({
  ...head,
  object: z.literal("chat.completion.chunk"),
  choices: z.array(z.strictObject({ index: z.literal(0), delta, logprobs: z.null(), finish_reason: finish.nullable() })).max(1),
  usage: usage.nullable().optional(),
});

export const openaiError = z.strictObject({
  error: z.looseObject({ message: z.string().min(1), type: z.string().min(1), param: z.string().nullable(), code: z.string().nullable() }),
});

const model = z.strictObject({ id: z.string().min(1), object: z.literal("model"), created: count, owned_by: z.string().min(1) });
export const models = z.strictObject({ object: z.literal("list"), data: z.array(model).min(1) });

const summary = {
  done: z.literal(true),
  done_reason: z.string(),
  total_duration: count,
  load_duration: count,
  prompt_eval_count: count,
  prompt_eval_duration: count,
  eval_count: count,
  eval_duration: count,
};
const line = { model: z.string().min(1), created_at: z.iso.datetime() };
const ollamaCall = z.strictObject({
  id: z.string(),
  function: z.strictObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()) }),
});
const message = z.strictObject({
  role: z.literal("assistant"),
  content: z.string(),
  thinking: z.string().optional(),
  tool_calls: z.array(ollamaCall).min(1).optional(),
});
const generated = { ...line, response: z.string(), thinking: z.string().optional() };

/** Each: a whole answer or last line, and a line before it. */
export const generateEnd = z.strictObject({ ...generated, ...summary });
export const generateLine = z.strictObject({ ...generated, done: z.literal(false) });
export const chatEnd = z.strictObject({ ...line, message, ...summary });
export const chatLine = z.strictObject({ ...line, message, done: z.literal(false) });
export const ollamaError = z.strictObject({ error: z.string().min(1) });

const details = z.strictObject({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});
// Ollama's own command line cuts digests after 12 digits, and fails on shorter ones.
const entry = { name: z.string().min(1), model: z.string().min(1), size: count, digest: z.string().length(64), details };
export const tags = z.strictObject({ models: z.array(z.strictObject({ ...entry, modified_at: z.iso.datetime() })).min(1) });
export const served = z.strictObject({
  models: z.array(z.strictObject({ ...entry, expires_at: z.iso.datetime(), size_vram: count, context_length: count })).min(1),
});
export const version = z.strictObject({ version: z.string().regex(/^\d+\.\d+\.\d+$/) });
export const shown = z.strictObject({
  modelfile: z.string(),
  parameters: z.string(),
  template: z.string(),
  details,
  model_info: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()).min(1),
  modified_at: z.iso.datetime(),
});
