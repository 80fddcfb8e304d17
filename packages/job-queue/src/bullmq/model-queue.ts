import { type Job, type JobType, Queue } from "bullmq";
import type { QueueContext } from "../scripts.ts";

/** States of BullMQ that jobs of ours can be in. */
export const jobStates = ["active", "waiting", "prioritized", "completed", "failed", "delayed"] as const;
export type JobState = (typeof jobStates)[number];

/** A job as BullMQ keeps it, times in ms since the epoch. `data` holds the prompt. */
export interface KeptJob {
  id: string;
  priority: number;
  timestamp: number;
  processedOn: number | undefined;
  finishedOn: number | undefined;
  processedBy: string | undefined;
  attemptsStarted: number;
  failedReason: string;
  data: unknown;
  returnvalue: unknown;
}

/** A model's queue as BullMQ's own tools see it. It only looks, pauses and tidies: jobs are submitted, replayed and cancelled elsewhere. */
export class ModelQueue {
  readonly model: string;
  readonly #context: QueueContext;
  readonly #queue: Queue;

  constructor(context: QueueContext, model: string) {
    this.model = model;
    this.#context = context;
    const { redis, keys } = context;
    this.#queue = new Queue(keys.queueName(model), { connection: redis, prefix: keys.prefix, skipMetasUpdate: true });
    // Each call reports its own failure.
    this.#queue.on("error", () => undefined);
  }

  counts(): Promise<Record<string, number>> {
    return this.#queue.getJobCounts(...jobStates);
  }

  async jobs(states: readonly JobState[], start: number, end: number): Promise<KeptJob[]> {
    const jobs: (Job | undefined)[] = await this.#queue.getJobs(states as JobType[], start, end);
    // A set can name a job that is gone.
    return jobs.flatMap((job) => (job ? [keptJob(job)] : []));
  }

  async job(id: string): Promise<KeptJob | undefined> {
    const job: Job | undefined = await this.#queue.getJob(id);
    return job && keptJob(job);
  }

  stateOf(id: string): Promise<string> {
    return this.#queue.getJobState(id);
  }

  isPaused(): Promise<boolean> {
    return this.#queue.isPaused();
  }

  pause(): Promise<void> {
    return this.#queue.pause();
  }

  resume(): Promise<void> {
    return this.#queue.resume();
  }

  /** Takes jobs off the list of those that failed. They stay dead letters. */
  async unlistFailed(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#context.redis.zrem(`${this.#context.keys.queue(this.model)}:failed`, ...ids);
  }

  /** Forgets that a job was completed; its outcome stays with its record. */
  async forgetCompleted(id: string): Promise<void> {
    await this.#queue.remove(id);
  }

  /** What Redis says of itself. */
  redisInfo(): Promise<string> {
    return this.#context.redis.info();
  }

  /** The connection is not its own, and stays. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}

function keptJob(job: Job): KeptJob {
  const { id = "", priority, timestamp, processedOn, finishedOn, processedBy, attemptsStarted, failedReason } = job;
  return {
    id,
    priority,
    timestamp,
    processedOn,
    finishedOn,
    processedBy,
    attemptsStarted,
    failedReason,
    data: job.data as unknown,
    returnvalue: job.returnvalue as unknown,
  };
}
