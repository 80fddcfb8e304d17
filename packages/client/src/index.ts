export { type CallOptions, Client, connectClient, type EnqueueOutcome } from "./client.ts";
export type { DeadLetters } from "./dead-letters.ts";
export { JobHandle, type WaitOptions } from "./job-handle.ts";
export { type ClientOptions, compileOptions } from "./options.ts";
export type { ModelStatus, Stats } from "./statistics.ts";
export { DeltaStream } from "./delta-stream.ts";
export type { DeadLetter, DeadLetterFilter, RequestStatus } from "@llm-router/job-queue";
export * from "@llm-router/contracts";
