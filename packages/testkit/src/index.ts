export * from "./processes.ts";
export * from "./qdrant-stand-in.ts";
export * from "./redis-test.ts";
