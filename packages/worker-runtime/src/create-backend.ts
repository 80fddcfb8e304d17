import { type BackendRegistry, ollamaUrl, type RunnableBackend, wrapCustomBackend } from "@llm-router/backends";
import { type Backend, type Env, expandModel, type ModelConfig, RouterError } from "@llm-router/contracts";

/** Calls of a model at once, over all workers, where its definition does not say. A local server computes, others wait. */
export function concurrencyOf(model: ModelConfig): number {
  return model.concurrency ?? (model.provider === "ollama" ? 4 : 16);
}

export interface CreateBackendOptions {
  name: string;
  model: ModelConfig;
  env: Env;
  registry: BackendRegistry;
  /** Given in code instead of a provider's name. */
  instance?: Backend | undefined;
}

/**
 * The code that calls a model's provider. Only here do the names of secrets become secrets.
 * @throws {RouterError} CONFIG_INVALID: a variable that is not set, an unknown provider, an instance without generate().
 */
export function createBackend({ name, model, env, registry, instance }: CreateBackendOptions): RunnableBackend {
  if (instance) return wrapCustomBackend(instance, name);
  const { provider, model: providerModel, baseUrl, apiKey, ...rest } = expandModel(name, model, env);
  // Where the definition names no server, Ollama's own variable does.
  const address = baseUrl ?? (provider === "ollama" ? ollamaAddress(env) : undefined);
  const options = { ...loadingOptions(rest), ...rest.options };
  return registry.create({
    name,
    provider,
    model: providerModel,
    ...(address !== undefined && { baseUrl: address }),
    ...(apiKey !== undefined && { apiKey }),
    ...(Object.keys(options).length > 0 && { options }),
  });
}

/** The definition's own fields under Ollama's names; what `options` says wins. */
function loadingOptions({ numGpu, numThread, numCtx, keepAlive }: Partial<ModelConfig>): Record<string, unknown> {
  const named = { num_gpu: numGpu, num_thread: numThread, num_ctx: numCtx, keep_alive: keepAlive };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function ollamaAddress(env: Env): string {
  const address = ollamaUrl(env["OLLAMA_HOST"]);
  if (address === undefined)
    throw new RouterError("CONFIG_INVALID", "OLLAMA_HOST is no address; write host:port, or give the model a baseUrl.");
  return address;
}
