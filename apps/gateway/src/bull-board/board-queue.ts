import { BaseAdapter } from "@bull-board/api/dist/queueAdapters/base.js";
import type { JobCleanStatus, JobCounts, JobStatus, QueueJob, QueueMetrics, Status } from "@bull-board/api/dist/types.js";
import type { Client } from "@llm-router/client";
import { type JobState, jobStates, type ModelQueue } from "@llm-router/job-queue";
import { BoardJob, removeJob } from "./board-job.ts";
import { notHere } from "./not-here.ts";
import { redactJob } from "./redact-job.ts";

export interface BoardQueueOptions {
  client: Client;
  queue: ModelQueue;
  showPrompts: boolean;
}

/** Jobs that are removed in one go. */
const pageSize = 500;
const open: readonly JobState[] = ["prioritized", "waiting", "delayed"];

/** A model's queue for Bull Board. It shows BullMQ's data, and acts through the client: nothing passes by dispatch and settle. */
export class BoardQueue extends BaseAdapter {
  readonly queue: ModelQueue;
  readonly #client: Client;
  readonly #showPrompts: boolean;

  constructor({ client, queue, showPrompts }: BoardQueueOptions) {
    super("bullmq", { allowCompletedRetries: false });
    this.queue = queue;
    this.#client = client;
    this.#showPrompts = showPrompts;
  }

  getName(): string {
    return this.queue.model;
  }

  /** These three are asked of a BullMQ queue for its flows, which ours have none of. */
  getQueueName(): string {
    return this.queue.model;
  }

  getQueueQualifiedName(): string {
    return this.queue.model;
  }

  async getFlowProducer(): Promise<undefined> {
    return undefined;
  }

  getStatuses(): Status[] {
    return ["latest", ...jobStates];
  }

  getJobStatuses(): JobStatus[] {
    return [...jobStates];
  }

  async getJobCounts(): Promise<JobCounts> {
    return this.queue.counts();
  }

  async getJobs(statuses: JobStatus[], start = 0, end = -1): Promise<QueueJob[]> {
    const known = jobStates.filter((state) => statuses.includes(state));
    const jobs = known.length === 0 ? [] : await this.queue.jobs(known, start, end);
    return jobs.map((job) => this.#shown(job));
  }

  async getJob(id: string): Promise<QueueJob | undefined> {
    const job = await this.queue.job(id);
    return job && this.#shown(job);
  }

  #shown(job: Parameters<typeof redactJob>[0]): QueueJob {
    return new BoardJob(this.#client, this.queue, this.#showPrompts ? job : redactJob(job));
  }

  async clean(status: JobCleanStatus): Promise<void> {
    const wanted = status === "wait" ? "waiting" : jobStates.find((state) => state === status);
    if (wanted === undefined) return notHere(`Jobs that are ${status} cannot be removed.`);
    await this.#removeAll([wanted]);
  }

  async empty(): Promise<void> {
    await this.#removeAll(open);
  }

  async #removeAll(states: readonly JobState[]): Promise<void> {
    // What is cancelled leaves its set, so the first page is always the next one; a run that is told to stop stays until it has.
    for (let from = 0; ;) {
      const jobs = await this.queue.jobs(states, from, from + pageSize - 1);
      if (jobs.length === 0) return;
      await Promise.all(jobs.map(async ({ id }) => removeJob(this.#client, this.queue, id, await this.queue.stateOf(id))));
      if (states.includes("active")) from += jobs.length;
    }
  }

  isPaused(): Promise<boolean> {
    return this.queue.isPaused();
  }

  pause(): Promise<void> {
    return this.queue.pause();
  }

  resume(): Promise<void> {
    return this.queue.resume();
  }

  getRedisInfo(): Promise<string> {
    return this.queue.redisInfo();
  }

  async getJobLogs(): Promise<string[]> {
    return [];
  }

  async getMetrics(): Promise<QueueMetrics> {
    return { meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 };
  }

  async getGlobalConcurrency(): Promise<null> {
    return null;
  }

  async getJobSchedulers(): Promise<[]> {
    return [];
  }

  async getJobSchedulersCount(): Promise<number> {
    return 0;
  }

  addJob(): Promise<never> {
    return notHere("Requests are submitted over the API, not on the board.");
  }

  obliterate(): Promise<never> {
    return notHere("A model's queue cannot be obliterated; remove its jobs instead.");
  }

  promoteAll(): Promise<never> {
    return notHere("A delayed job goes when its model can take it; it cannot be promoted.");
  }

  setGlobalConcurrency(): Promise<never> {
    return notHere("A model's concurrency is set in the configuration.");
  }

  removeJobScheduler(): Promise<never> {
    return notHere("There are no schedulers.");
  }

  updateJobScheduler(): Promise<never> {
    return notHere("There are no schedulers.");
  }

  runJobSchedulerNow(): Promise<never> {
    return notHere("There are no schedulers.");
  }
}
