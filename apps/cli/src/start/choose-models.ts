import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConfigInput, loadConfig } from "@llm-router/contracts";
import { findOllama } from "./find-ollama.ts";
import { startProgram } from "./program.ts";
import { requirePort } from "./require-port.ts";

export interface Models {
  /** For LLMR_CONFIG. */
  configPath: string;
  /** What serves the answers, in words. */
  description: string;
  /** Rejects when a model's server that was started here ends. */
  failed: Promise<never>;
}

const simulatorMain = fileURLToPath(new URL("./main.ts", import.meta.resolve("@llm-router/simulator")));
const simulatedModel = "simulated";
const behaviour = {
  models: [simulatedModel],
  latencyMs: 200,
  tokensPerSecond: 20,
  answer: "This answer is simulated: no model was asked. The prompt was: {prompt}",
};

/**
 * The models to serve: those of the user's configuration, else one of an Ollama that is running, else a simulated one,
 * whose answers say so. What it starts and writes is put on `parts`.
 * @throws {RouterError} CONFIG_INVALID, PORT_IN_USE naming SIMULATOR_PORT.
 */
export async function chooseModels(env: NodeJS.ProcessEnv, simulatorPort: number, parts: AsyncDisposableStack): Promise<Models> {
  const nothingStarted = new Promise<never>(() => undefined);
  const { config, path } = loadConfig({ env });
  if (path !== undefined && Object.keys(config.models).length > 0) {
    return { configPath: path, description: `${Object.keys(config.models).join(", ")}, as ${path} says`, failed: nothingStarted };
  }
  const ollama = await findOllama(env);
  if (ollama) {
    return {
      configPath: await writeConfig(parts, { models: { local: { provider: "ollama", ...ollama } } }),
      description: `local: ${ollama.model} of the Ollama at ${ollama.baseUrl} (OLLAMA_HOST)`,
      failed: nothingStarted,
    };
  }
  await requirePort(simulatorPort, "SIMULATOR_PORT");
  const simulator = parts.use(
    await startProgram({
      name: "simulator",
      script: simulatorMain,
      args: ["--port", String(simulatorPort), "--control", JSON.stringify(behaviour)],
      ready: /^simulator listening on /,
    }),
  );
  const baseUrl = simulator.readyLine.replace(/^.* on /, "");
  return {
    configPath: await writeConfig(parts, { models: { local: { provider: "ollama", model: simulatedModel, baseUrl } } }),
    description: `local: SIMULATED answers, since no Ollama with a model was found (OLLAMA_HOST); ${baseUrl} (SIMULATOR_PORT)`,
    failed: simulator.failed,
  };
}

async function writeConfig(parts: AsyncDisposableStack, config: ConfigInput): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "llmr-start-"));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "llm-router.json");
  await writeFile(path, JSON.stringify(config, undefined, 2));
  return path;
}
