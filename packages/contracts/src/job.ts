import type { Request } from "./request.ts";

/** Versions of job data that this worker can run: its own and the one before. */
export const readableJobVersions: readonly number[] = [1];

/** What a job carries from the client to the worker, as JSON in BullMQ's `data`. */
export interface JobData {
  /** schemaVersion of the writer. */
  v: number;
  request: Request;
  /** Set when the answer may be stored in the exact cache. */
  cacheKey?: string;
  /** Why the cache is not used. */
  cacheSkip?: string;
  onBrokenStream: "error" | "restart";
}
