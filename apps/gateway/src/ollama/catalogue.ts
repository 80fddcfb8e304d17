import { createHash } from "node:crypto";
import type { Client } from "@llm-router/client";
import { canonicalJson, type ModelConfig, nearest, RouterError } from "@llm-router/contracts";

/** The version of Ollama's API that this one follows. */
export const ollamaVersion = "0.17.4";

/** Definitions carry no date: this is when the gateway first could have named them. */
const startedAt = new Date().toISOString();
/** Beside the models: leaves the choice to the routes. */
const auto = "auto";

/** What Ollama tells of a model's file; here nobody knows it. */
const details = { parent_model: "", format: "", family: "", families: [], parameter_size: "", quantization_level: "" };

interface Entry {
  name: string;
  model: string;
  size: number;
  digest: string;
  details: object;
}

/** For GET /api/tags. */
export async function listTags(client: Client): Promise<Entry[]> {
  const { models } = await client.getConfig();
  const entries = [...[...models].map(([name, model]) => entry(name, model)), entry(auto, {})];
  return entries.map((each) => ({ ...each, modified_at: startedAt }));
}

/** For GET /api/ps: the models that some worker serves now. They stay. */
export async function listServed(client: Client): Promise<Entry[]> {
  const served = (await client.getModelStatus()).filter(({ workers }) => workers > 0);
  const { models } = await client.getConfig();
  return served.map(({ name }) => ({
    ...entry(name, models.get(name) ?? {}),
    expires_at: "2318-01-01T00:00:00Z",
    size_vram: 0,
    context_length: models.get(name)?.numCtx ?? 0,
  }));
}

/** For POST /api/show. @throws {RouterError} UNKNOWN_MODEL. */
export async function showModel(client: Client, name: string): Promise<object> {
  const definition = name === auto || name.startsWith(`${auto}:`) ? {} : await definitionOf(client, name);
  return {
    modelfile: `# ${name} of llm-router`,
    parameters: "",
    template: "{{ .Prompt }}",
    details,
    model_info: { "general.architecture": "llm-router", ...("provider" in definition && { "llm-router.provider": definition.provider }) },
    capabilities: ["completion", "tools"],
    modified_at: startedAt,
  };
}

/** @throws {RouterError} UNKNOWN_MODEL. */
async function definitionOf(client: Client, name: string): Promise<ModelConfig> {
  const { models } = await client.getConfig();
  const model = models.get(name);
  if (model) return model;
  const near = nearest(name, [...models.keys()]);
  throw new RouterError("UNKNOWN_MODEL", `model '${name}' not found${near === undefined ? "" : ` (did you mean ${near}?)`}.`);
}

/** @throws {RouterError} UNKNOWN_MODEL. */
export async function assertModel(client: Client, name: string): Promise<void> {
  await showModel(client, name);
}

/** Clients show the first 12 digits of a digest, and compare them to see whether a model changed: so it is that of the definition. */
function entry(name: string, definition: object): Entry {
  const digest = createHash("sha256").update(canonicalJson({ name, definition })).digest("hex");
  return { name, model: name, size: 0, digest, details };
}
