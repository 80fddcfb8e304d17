import type { IQueueBackend, Worker } from "bullmq";

/**
 * Changes how many jobs a BullMQ Worker runs at once. Its loop looks at the number only when a fetch or a run has ended, so one that
 * has all its runs under way is woken by an empty fetch. The queue for that is private to BullMQ (see README.md).
 */
export function resize<Data, Result>(worker: Worker<Data, Result, string, IQueueBackend>, concurrency: number): void {
  const isRaised = concurrency > worker.concurrency;
  worker.concurrency = concurrency;
  if (isRaised) worker["mainLoopQueue"]?.add(Promise.resolve(undefined));
}
