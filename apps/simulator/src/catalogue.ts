import { fullName } from "./model-name.ts";

const loadedAt = new Date().toISOString();
const details = {
  parent_model: "",
  format: "gguf",
  family: "simulated",
  families: ["simulated"],
  parameter_size: "0",
  quantization_level: "Q4_K_M",
};
const size = 253_113_024;
const digest = "0".repeat(64);

/** GET /api/tags */
export function ollamaTags(names: readonly string[]): object {
  return { models: names.map((name) => ({ name: fullName(name), model: fullName(name), modified_at: loadedAt, size, digest, details })) };
}

/** GET /api/ps: every model is loaded. */
export function ollamaRunning(names: readonly string[]): object {
  const expires = new Date(Date.now() + 300_000).toISOString();
  return {
    models: names.map((name) => ({
      name: fullName(name),
      model: fullName(name),
      size,
      digest,
      details,
      expires_at: expires,
      size_vram: 0,
      context_length: 4096,
    })),
  };
}

/** POST /api/show */
export function ollamaShow(options: { tools: boolean; images: boolean; thinking: boolean }): object {
  const capabilities = [
    "completion",
    options.tools ? "tools" : "",
    options.images ? "vision" : "",
    options.thinking ? "thinking" : "",
  ].filter((name) => name !== "");
  return {
    modelfile: "# simulated",
    parameters: "",
    template: "{{ .Prompt }}",
    details,
    model_info: {},
    capabilities,
    modified_at: loadedAt,
  };
}

export function openaiModel(name: string): object {
  return { id: name, object: "model", created: Math.floor(Date.parse(loadedAt) / 1000), owned_by: "simulator" };
}

/** GET /v1/models */
export function openaiModels(names: readonly string[]): object {
  return { object: "list", data: names.map(openaiModel) };
}
