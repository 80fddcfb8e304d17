export * from "./backend.ts";
export * from "./config.ts";
export * from "./errors.ts";
export * from "./failures.ts";
export * from "./keys.ts";
export * from "./priority.ts";
export * from "./request.ts";
export * from "./result.ts";
