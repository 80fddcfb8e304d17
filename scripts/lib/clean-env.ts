const otherServices = new Set(["REDIS_URL", "OLLAMA_HOST", "QDRANT_URL", "OPENAI_API_KEY"]);
const settings = /^(LLMR_(?!TEST_)|WORKER_)/;

/** Takes out of an environment what would lead a test to a service or setting that it did not ask for. Only `LLMR_TEST_*` gets through. */
export function cleanEnv(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) {
    if (otherServices.has(name) || settings.test(name)) delete env[name];
  }
}
