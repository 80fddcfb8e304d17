export { createSemanticCache } from "./create.ts";
export { decide, type Decision, type DecisionInput } from "./decision/decide.ts";
export { type Engine, type EngineOptions, openEngine } from "./engine.ts";
export type { SemanticCacheOptions, SemanticLog } from "./options.ts";
export type * from "./ports.ts";
export { createVectorStore, type CreateStoreOptions } from "./stores/create-store.ts";
