import { type BackendFactory, type BackendModel, nearest, RouterError } from "@llm-router/contracts";
import { wrapCustomBackend } from "./custom/index.ts";
import { createOllamaBackend } from "./ollama/index.ts";
import { createOpenAIBackend } from "./openai/index.ts";
import type { RunnableBackend } from "./runnable.ts";
import { thrownText } from "./scrub.ts";

/** A new built-in backend: its folder, its line here, and a run of `describeBackend`. */
const builtIn = new Map<string, (model: BackendModel) => RunnableBackend>([
  ["ollama", createOllamaBackend],
  ["openai", createOpenAIBackend],
]);

/** Which code calls which provider, by the name in a model's `provider`. */
export interface BackendRegistry {
  /**
   * Adds a provider; a second registration of the same name replaces the first.
   * @throws {RouterError} CONFIG_INVALID for the name of a built-in one.
   */
  register(name: string, factory: BackendFactory): void;
  /** @throws {RouterError} CONFIG_INVALID for a provider that is not known, or a factory that fails. */
  create(model: BackendModel): RunnableBackend;
  /** Every known provider. */
  names(): string[];
}

export function createBackendRegistry(): BackendRegistry {
  const custom = new Map<string, BackendFactory>();
  const names = (): string[] => [...builtIn.keys(), ...custom.keys()];

  return {
    names,
    register(name, factory) {
      if (builtIn.has(name))
        throw new RouterError(
          "CONFIG_INVALID",
          `provider "${name}" is built in and cannot be replaced; register yours under another name.`,
        );
      custom.set(name, factory);
    },
    create(model) {
      const own = builtIn.get(model.provider);
      if (own) return own(model);
      const factory = custom.get(model.provider);
      if (!factory) throw unknownProvider(model, names());
      return wrapCustomBackend(callFactory(factory, model), model.name);
    },
  };
}

function callFactory(factory: BackendFactory, model: BackendModel): ReturnType<BackendFactory> {
  try {
    return factory(model);
  } catch (error) {
    if (RouterError.is(error)) throw error;
    throw new RouterError(
      "CONFIG_INVALID",
      `models.${model.name}.provider: the factory of "${model.provider}" failed: ${thrownText(error)}`,
      { cause: error },
    );
  }
}

function unknownProvider(model: BackendModel, known: string[]): RouterError {
  const meant = nearest(model.provider, known);
  const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return new RouterError(
    "CONFIG_INVALID",
    `models.${model.name}.provider: "${model.provider}" is not known.${hint} Known: ${known.join(", ")}; others need registerBackend() in the worker's process.`,
  );
}
