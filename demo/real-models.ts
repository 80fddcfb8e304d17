import { ollamaUrl } from "@llm-router/backends";
import type { ModelInput } from "@llm-router/client";

/** A model that is not simulated. */
export interface RealModel {
  name: string;
  definition: ModelInput;
  /** For the narration. */
  description: string;
}

/** Requests for each real model. */
export const realRequests = 4;
/** However often workers die and calls are repeated: no more calls than this in a minute. */
const rpm = 10;
const limits = { rpm, concurrency: 1, maxQueueDepth: 20, firstTokenTimeoutMs: 15_000, tokenGapTimeoutMs: 5_000 };
const probeMs = 500;
const openaiModel = "gpt-4o-mini";

interface Tags {
  models?: { name: string; size?: number; remote_host?: string; details?: { family?: string } }[];
}

/** What is there besides the simulators: an Ollama that answers and has a model, and OpenAI where `--real` asks for it. */
export async function findRealModels(env: NodeJS.ProcessEnv, real: boolean): Promise<RealModel[]> {
  const ollama = await findOllama(ollamaUrl(env["OLLAMA_HOST"]));
  return [...(ollama ? [ollama] : []), ...(real ? [openai] : [])];
}

const openai: RealModel = {
  name: "openai",
  // The name of the variable, as in a file: the key itself stays in the environment.
  definition: { ...limits, provider: "openai", model: openaiModel, apiKey: "${OPENAI_API_KEY}" },
  description: `OpenAI's ${openaiModel}, with OPENAI_API_KEY as --real allows`,
};

async function findOllama(baseUrl: string | undefined): Promise<RealModel | undefined> {
  if (baseUrl === undefined) return undefined;
  const tags = await readTags(baseUrl);
  const model = tags?.models?.filter(canChat).toSorted((a, b) => (a.size ?? 0) - (b.size ?? 0))[0];
  if (!model) return undefined;
  const definition = { ...limits, provider: "ollama", model: model.name, baseUrl };
  return { name: "ollama-local", definition, description: `${model.name} of the Ollama at ${baseUrl}` };
}

async function readTags(baseUrl: string): Promise<Tags | undefined> {
  try {
    const response = await fetch(`${baseUrl}/api/tags`, { signal: AbortSignal.timeout(probeMs) });
    return response.ok ? ((await response.json()) as Tags) : undefined;
  } catch {
    return undefined; // nobody there, or no Ollama: the simulated models are enough
  }
}

/** Not those that only embed, nor those that Ollama merely forwards to a cloud. */
function canChat({ name, remote_host: remoteHost, details }: NonNullable<Tags["models"]>[number]): boolean {
  return !/embed|minilm|bge-|cloud/i.test(name) && remoteHost === undefined && !/bert/i.test(details?.family ?? "");
}
