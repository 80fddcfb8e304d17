import type { RunnableBackend } from "@llm-router/backends";
import type { ModelConfig, Request } from "@llm-router/contracts";
import type { QueueContext, Run } from "@llm-router/job-queue";
import type { Logger } from "@llm-router/service-kit";
import type { ModelBreaker } from "./breakers/model-breaker.ts";
import type { RunCounters } from "./counters.ts";
import type { AnsweredRun } from "./options.ts";

/** What a run of a model needs. */
export interface RunPorts {
  context: QueueContext;
  name: string;
  model: ModelConfig;
  backend: RunnableBackend;
  breaker: ModelBreaker;
  counters: RunCounters;
  logger: Logger;
  /** This run came after the model, or the process, stopped taking jobs: it is handed back before its call. */
  isLate: (run: Run) => boolean;
  onAnswer?: ((run: AnsweredRun) => void) | undefined;
  /** Keeps an answer for the exact cache until its outcome is delivered. */
  keepForCache: (entry: CacheEntry) => void;
}

export interface CacheEntry {
  /** `<cache key>:<model>`. */
  key: string;
  /** The result without what belongs to its request, JSON. */
  json: string;
  /** Who made it, and what a request without a temperature is sent with. */
  model: string;
  defaultTemperature: number | undefined;
  request: Request;
}
