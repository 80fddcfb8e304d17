import { setImmediate as nextTurn } from "node:timers/promises";
import { type BackendFactory, createRedisBackend, type IQueueBackend } from "bullmq";
import type { Redis } from "ioredis";
import type { Offer } from "../offers.ts";
import { whenReady } from "../redis.ts";
import { gatherWrites } from "../scripts.ts";

/** What replaces BullMQ's own decisions. */
export interface ModelOperations {
  /** The next job, or how long not to ask again. */
  fetch(token: string): Promise<NextJob>;
  /** Ends a run as it decided, and fetches the next one. */
  finish(key: string, fetchNext: boolean): Promise<NextJob>;
  /** Waits until the queue is woken or jobs are granted. */
  blocking: Redis;
  markerKey: string;
  /** What to leave in Redis before a wait. */
  offer: () => Offer | undefined;
  /** Its grants came. */
  onGranted(text: string): void;
  /** While this process has no slot for the model: what to wait for instead of a marker, which another process may need. */
  slotFree(): Promise<unknown> | undefined;
  /** The wait is over without a grant. */
  onWoken(): void;
  /** Aborted when the worker closes. */
  closing: AbortSignal;
}

export interface NextJob {
  /** What BullMQ's loop knows a run by; it takes it for a job's id. */
  key?: string;
  retryInMs?: number;
}

type NextJobTuple = [job: unknown, id: string | undefined, rateLimitMs: number, delayUntil: number];

/** BullMQ's Redis backend with our fetch, finish and wait. See README.md in this folder. */
export function modelBackendFactory(operations: ModelOperations): BackendFactory {
  return (name, options) => {
    const backend: IQueueBackend = createRedisBackend(name, options);
    backend.moveToActive = async (token) => toTuple(await operations.fetch(token));
    backend.moveToCompleted = async (job, _value, _keep, _token, fetchNext) => ({
      result: toTuple(await operations.finish(job.id ?? "", fetchNext)),
      finishedOn: Date.now(),
    });
    // Our processor decides about failures itself; it is here only when a defect made it throw, and then ends the same way.
    backend.moveToFailed = async (job, _reason, _keep, _token, fetchNext) => ({
      result: toTuple(await operations.finish(job.id ?? "", fetchNext)),
      finishedOn: Date.now(),
    });
    backend.waitForJob = async (timeoutSeconds) => {
      // First whatever the grants of this turn lead to, calls and finishes: somebody waits for those, and each write takes its time.
      await nextTurn();
      const slot = operations.slotFree();
      const woken = slot ? (await slot, null) : await waitForWork(operations, timeoutSeconds);
      if (woken && woken[0] !== operations.markerKey) operations.onGranted(woken[1]);
      else operations.onWoken();
      return woken && { member: woken[1], score: 0 };
    };
    backend.disconnectBlocking = async () => operations.blocking.disconnect();
    backend.reconnectBlocking = async () => {
      if (operations.blocking.status === "end") await operations.blocking.connect();
    };
    return backend;
  };
}

/** Offers that nobody renews any more, ms. */
const offersTtlMs = 60_000;

/** What BullMQ's Job is made of. Nobody reads it: the run has all, and the prompt is decoded once, where it is needed. */
const emptyJob = { name: "generate", data: "{}", opts: "{}", timestamp: "0", delay: "0", priority: "0" };

/** BullMQ's form of "the next job, or not before then" (on this process's clock). */
function toTuple({ key, retryInMs }: NextJob): NextJobTuple {
  if (key !== undefined) return [{ ...emptyJob, id: key }, key, 0, 0];
  return [undefined, undefined, 0, retryInMs === undefined ? 0 : Date.now() + retryInMs];
}

/** What was popped first: a marker, or grants. */
async function waitForWork(
  { blocking, markerKey, offer, closing }: ModelOperations,
  timeoutSeconds: number,
): Promise<[key: string, member: string, score: string] | null> {
  const overdue = Promise.withResolvers<null>();
  const timer = setTimeout(
    () => {
      // A command on a connection that died silently would wait for ever.
      overdue.resolve(null);
      blocking.disconnect(true);
    },
    timeoutSeconds * 1_000 + 3_000,
  ).unref();
  const offered = offer();
  if (offered) leave(blocking, offered);
  const popped = blocking.bzpopmin([...(offered ? [offered.grantsKey] : []), markerKey], timeoutSeconds);
  popped.catch(() => undefined);
  try {
    return await Promise.race([popped, overdue.promise]);
  } catch {
    // Redis went away: as soon as it is back the worker looks for jobs, as after any wait.
    await whenReady(blocking, timeoutSeconds * 1_000 + 1, closing).catch(() => undefined);
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** In one write with the wait that follows. Where it fails, the wait is for a marker only. */
function leave(blocking: Redis, { key, member, untilMs }: Offer): void {
  gatherWrites(blocking);
  blocking.zadd(key, untilMs, member).catch(() => undefined);
  blocking.pexpire(key, offersTtlMs).catch(() => undefined);
}
