export { collect } from "./collect.ts";
export { wrapCustomBackend } from "./custom/index.ts";
export { createOllamaBackend } from "./ollama/index.ts";
export { createOpenAIBackend } from "./openai/index.ts";
export { type BackendRegistry, createBackendRegistry } from "./registry.ts";
export { parseRetryAfter } from "./retry-after.ts";
export type { RunnableBackend } from "./runnable.ts";
export { scrub } from "./scrub.ts";
export { type CallTimeouts, withTimeouts } from "./timeouts.ts";
