import type { Event, Outcome } from "@llm-router/contracts";
import { readHistory, readStatus, readStream } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";
import { GivenAnswer, wholeAnswer } from "./given-answer.ts";
import { LiveEvents } from "./live-events.ts";
import type { Pending } from "./pending.ts";

const endings: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "expired"] satisfies Outcome["state"][]);
const pageSize = 1_000;

/** How a request's events are followed. */
export interface FollowOptions {
  connection: Connection;
  id: string;
  /** The last seq that is known already; 0: none. */
  from: number;
  /** The error for a request without a record. */
  missing: () => Promise<Error>;
  /** Ends the reading, quietly. */
  signal?: AbortSignal | undefined;
}

/** What {@link followBatches} yields, one by one. */
export async function* followEvents(begin: () => Promise<FollowOptions>): AsyncGenerator<Event, void> {
  for await (const batch of followBatches(begin)) for (const event of batch) yield event;
}

/**
 * A request's events and deltas after `from`, in order, each once, as many at a time as there are: from its stream in Redis
 * first, then live, and from the stream again whenever something is missing. The first reader of a request that this process
 * submitted has all of it live. Ends after the ending event. Reading cancels nothing, and nothing is kept for a reader that does
 * not ask for more.
 * @param begin Is called, and waited for, when the first is asked for.
 */
export async function* followBatches(begin: () => Promise<FollowOptions>): AsyncGenerator<readonly Event[], void> {
  const { connection, id, from, missing, signal } = await begin();
  const pending = connection.pending.get(id);
  const live = (from === 0 && pending ? takeEarly(pending) : undefined) ?? new LiveEvents({ fromStart: false });
  pending?.listeners.add(live.listener);
  let failed = false;
  pending?.promise.then(
    () => live.nudge(),
    () => {
      failed = true;
      live.nudge();
    },
  );
  const onAbort = () => live.nudge();
  const isWanted = () => signal?.aborted !== true;
  signal?.addEventListener("abort", onAbort, { once: true });
  // As long as the outcome is waited for, so are the events.
  const read = <T>(attempt: () => Promise<T>): Promise<T> => connection.persist("reading the stream", attempt, () => !failed);
  connection.keepAlive.hold();
  let last = from;
  const given = new GivenAnswer(from);
  let ended = false;
  /** Those that are new, up to the ending one, with what the stream lacks of the answer before it. */
  const take = async (events: readonly Event[]): Promise<Event[]> => {
    const batch: Event[] = [];
    for (const event of events) {
      if (event.seq <= last) continue;
      last = event.seq;
      if (event.delta) given.note(event.delta);
      if (event.type === "completed") {
        const delta = await read(() => given.rest(connection, id, event.seq));
        if (delta) batch.push({ type: "delta", seq: delta.seq, delta });
      }
      batch.push(event);
      ended = endings.has(event.type);
      if (ended) break;
    }
    return batch;
  };
  try {
    while (isWanted()) {
      const { events, missed } = await live.take();
      if (missed || hasGap(events, last)) {
        // Asked before the stream is read: what was written since is there in the next round, of which the outcome tells.
        const settled = !connection.pending.get(id);
        for (let full = true; full && isWanted();) {
          const page = await read(() => readStream(connection.context, id, last, pageSize));
          // A request that is streamed only since another one follows it has its first events in its history alone.
          const batch = await take([...(await read(() => eventsBefore(connection, id, last, page[0]?.seq))), ...page]);
          if (batch.length > 0) yield batch;
          if (ended) return;
          full = page.length >= pageSize;
        }
        if (settled && isWanted()) {
          // Settled, and yet the stream has no end: it was never written, or has expired. The record says the rest.
          const rest = await eventsOfRecord(connection, id, last, missing);
          if (rest.length > 0) yield rest;
          return;
        }
      }
      const batch = await take(events);
      if (batch.length > 0) yield batch;
      if (ended) return;
    }
  } finally {
    pending?.listeners.delete(live.listener);
    signal?.removeEventListener("abort", onAbort);
    connection.keepAlive.release();
  }
}

/** What came since this process submitted the request, for its first reader. */
function takeEarly(pending: Pending): LiveEvents | undefined {
  const { early } = pending;
  pending.early = undefined;
  return early?.follow();
}

/** Whether something between `last` and these, or among them, is missing. */
function hasGap(events: readonly Event[], last: number): boolean {
  let expected = last + 1;
  for (const { seq } of events) {
    if (seq < expected) continue;
    if (seq !== expected) return true;
    expected += 1;
  }
  return false;
}

/** The events of a request without a stream, with its whole answer as one delta before the end. */
async function eventsOfRecord(connection: Connection, id: string, from: number, missing: () => Promise<Error>): Promise<Event[]> {
  const [status, history] = await connection.insist("reading the record", () =>
    Promise.all([readStatus(connection.context, id), readHistory(connection.context, id)]),
  );
  if (!status || !history) throw await missing();
  const events: Event[] = [];
  // Whoever knows events only was given nothing of the answer.
  const hasNoDelta = history.filter(({ seq }) => seq <= from).length === from;
  for (const event of history) {
    if (event.seq <= from) continue;
    const delta = hasNoDelta && event.type === "completed" ? wholeAnswer(status.outcome, status.epoch, event.seq) : undefined;
    if (delta) events.push({ type: "delta", seq: delta.seq, delta });
    events.push(event);
  }
  return events;
}

/** Events after `from` that are missing before the first one of a page of the stream. */
async function eventsBefore({ context }: Connection, id: string, from: number, first: number | undefined): Promise<Event[]> {
  if (first === undefined || first <= from + 1) return [];
  const history = (await readHistory(context, id)) ?? [];
  return history.filter(({ seq }) => seq > from && seq < first);
}
