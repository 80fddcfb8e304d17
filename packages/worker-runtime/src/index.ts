export { concurrencyOf } from "./create-backend.ts";
export type { RunCounters } from "./counters.ts";
export type { AnsweredRun, Readiness, ServedModelStatus, WorkerHandle, WorkerOptions } from "./options.ts";
export { startWorker } from "./start-worker.ts";
