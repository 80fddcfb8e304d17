export * from "./clock.ts";
export * from "./find-program.ts";
export * from "./free-port.ts";
export * from "./lifecycle.ts";
export * from "./local-redis.ts";
export * from "./logger.ts";
export * from "./redact.ts";
export * from "./tied-process.ts";
