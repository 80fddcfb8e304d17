export * from "./eventually.ts";
export * from "./namespace.ts";
export * from "./qdrant-stand-in.ts";
export * from "./redis-test.ts";
export * from "./spawn-node.ts";
export * from "./temp-dir.ts";
export * from "./test-redis.ts";
export * from "./with-redis.ts";
