// What also works outside vitest.
export * from "./eventually.ts";
export * from "./namespace.ts";
export * from "./spawn-node.ts";
export * from "./temp-dir.ts";
export * from "./test-redis.ts";
export * from "./with-redis.ts";
