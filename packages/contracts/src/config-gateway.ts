import { z } from "zod";
import { modelName } from "./request.ts";

// The texts of `.describe()` are what docs/configuration.md and the editors' JSON Schema say: they are the only copy.

export const apiKeySchema = z
  .strictObject({
    hash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "is not sha256: and 64 hexadecimal digits; `llm-router keys create NAME --print` makes an entry")
      .describe("`sha256:` and the hexadecimal SHA-256 of the key, which itself stands nowhere."),
    tenant: z.string().min(1).max(128).describe("Whose requests are made with it. One tenant never sees another's."),
    classes: z
      .array(z.enum(["critical", "high", "normal", "low"]))
      .min(1)
      .optional()
      .describe("The classes that it may use. Unset: all."),
    models: z.array(modelName).min(1).optional().describe("The models that it may use. Unset: all."),
    rpm: z.int().positive().optional().describe("Requests per minute, over all gateways. Unset: no limit."),
    tpm: z.int().positive().optional().describe("Tokens per minute, prompt and answer, over all gateways. Unset: no limit."),
    admin: z.boolean().default(false).describe("Whether it may see and change everything: all tenants, the board, `/v1/admin`."),
  })
  .describe("An API key of the gateway. `llm-router keys create` makes keys that are kept in Redis instead.");
export type ApiKeyConfig = z.output<typeof apiKeySchema>;

/** Names of keys in the configuration, and ids of those in Redis. */
export const apiKeyName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "is not a key's name ([A-Za-z0-9][A-Za-z0-9._-]{0,63})");

export const boardSchema = z
  .strictObject({
    showPrompts: z.boolean().default(false).describe("Whether prompts are shown, and not only that there is one."),
  })
  .describe("The Bull Board at `/board`.");

export const gatewaySchema = z
  .strictObject({
    keys: z.record(apiKeyName, apiKeySchema).default({}).describe("API keys, by name. Without any the gateway answers on loopback only."),
    board: boardSchema.prefault({}),
  })
  .describe("The HTTP gateway. Read by gateways from their own file; not kept in Redis.");
export type GatewayConfig = z.output<typeof gatewaySchema>;
