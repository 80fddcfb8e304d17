export type { ApiKeys } from "./api-keys.ts";
export type { Cache, CacheSelection } from "./cache.ts";
export { type CallOptions, Client, connectClient, type EnqueueOutcome } from "./client.ts";
export type { DeadLetters } from "./dead-letters.ts";
export { JobHandle, type WaitOptions } from "./job-handle.ts";
export type { Observer, RequestEnd } from "./observe.ts";
export { type ClientOptions, clientOptionNames, compileOptions } from "./options.ts";
export type { ModelStatus, Stats } from "./statistics.ts";
export { DeltaStream } from "./delta-stream.ts";
export type {
  CacheReport,
  CacheStats,
  DeadLetter,
  DeadLetterFilter,
  ReportedPair,
  RequestStatus,
  SharedConfig,
  WorkerInfo,
} from "@llm-router/job-queue";
export * from "@llm-router/contracts";
