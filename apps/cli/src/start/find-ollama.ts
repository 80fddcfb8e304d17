import { ollamaUrl } from "@llm-router/backends";
import { isRecord } from "@llm-router/contracts";

export interface OllamaModel {
  baseUrl: string;
  /** Ollama's name of the smallest model that answers prompts. */
  model: string;
}

/** Looks for an Ollama with a model at OLLAMA_HOST, else 127.0.0.1:11434. Waits a second at most. */
export async function findOllama(env: NodeJS.ProcessEnv): Promise<OllamaModel | undefined> {
  const baseUrl = ollamaUrl(env["OLLAMA_HOST"]);
  if (baseUrl === undefined) return undefined;
  try {
    const response = await fetch(`${baseUrl}/api/tags`, { signal: AbortSignal.timeout(1_000) });
    const model = smallestModel(await response.json());
    return model === undefined ? undefined : { baseUrl, model };
  } catch {
    return undefined; // nobody there, or no Ollama
  }
}

function smallestModel(tags: unknown): string | undefined {
  const models = isRecord(tags) && Array.isArray(tags["models"]) ? tags["models"].filter(isRecord) : [];
  return models
    .flatMap(({ name, size, details }) => {
      const family = isRecord(details) ? String(details["family"]) : "";
      const embeds = /embed|bert|minilm/i.test(`${String(name)} ${family}`);
      return typeof name === "string" && !embeds ? [{ name, size: Number(size ?? 0) }] : [];
    })
    .toSorted((a, b) => a.size - b.size)
    .at(0)?.name;
}
