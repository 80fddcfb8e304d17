import { type Delta, type Event, type Outcome } from "@llm-router/contracts";
import { readHistory, readStatus, readStream } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

const endings: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "expired"] satisfies Outcome["state"][]);
const pageSize = 1_000;
/** Beyond this many unread live events a slow reader reads the stream in Redis instead. */
const bufferLimit = 1_000;

/** Live events of one request between two reads. */
class LiveEvents {
  #buffer: Event[] = [];
  #missed = false;
  #wake: (() => void) | undefined;

  readonly listener = (events: readonly Event[]): void => {
    if (events.length === 0 || this.#buffer.length + events.length > bufferLimit) {
      this.#missed = true;
      this.#buffer = [];
    } else {
      this.#buffer.push(...events);
    }
    this.#wake?.();
  };

  /** Also woken without an event: when the outcome is there. */
  nudge(): void {
    this.#missed = true;
    this.#wake?.();
  }

  /** What came since the last call; waits when nothing did. `missed`: look into Redis. */
  async take(): Promise<{ events: Event[]; missed: boolean }> {
    if (this.#buffer.length === 0 && !this.#missed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const taken = { events: this.#buffer, missed: this.#missed };
    this.#buffer = [];
    this.#missed = false;
    return taken;
  }
}

/**
 * A request's events and deltas after `from`, in order, each once: from its stream in Redis first, then live, and from
 * the stream again whenever something is missing. Ends after the ending event. Reading cancels nothing.
 * @param missing The error for a request without a record.
 */
export async function* followEvents(
  connection: Connection,
  id: string,
  from: number,
  missing: () => Promise<Error>,
): AsyncGenerator<Event, void> {
  const live = new LiveEvents();
  const pending = connection.pending.get(id);
  pending?.listeners.add(live.listener);
  let failed = false;
  pending?.promise.then(
    () => live.nudge(),
    () => {
      failed = true;
      live.nudge();
    },
  );
  // As long as the outcome is waited for, so are the events.
  const read = <T>(attempt: () => Promise<T>): Promise<T> => connection.persist("reading the stream", attempt, () => !failed);
  connection.keepAlive.hold();
  let last = from;
  let answerBegan = from > 0;
  const told = async function* (event: Event): AsyncGenerator<Event, void> {
    last = event.seq;
    if (event.delta) answerBegan = true;
    // No run has written a part of it: it comes from the cache.
    const delta = event.type === "completed" && !answerBegan ? await read(() => readWholeAnswer(connection, id, event.seq)) : undefined;
    if (delta) yield { type: "delta", seq: delta.seq, delta };
    yield event;
  };
  try {
    for (let first = true; ; first = false) {
      let { events, missed } = first ? { events: [], missed: true } : await live.take();
      events = events.filter(({ seq }) => seq > last);
      if (missed || events.some(({ seq }, i) => seq !== last + 1 + i)) {
        for (
          let page = await read(() => readStream(connection.context, id, last, pageSize));
          ;
          page = await read(() => readStream(connection.context, id, last, pageSize))
        ) {
          for (const event of page) {
            yield* told(event);
            if (endings.has(event.type)) return;
          }
          if (page.length < pageSize) break;
        }
        if (!connection.pending.get(id)) {
          // Settled, and yet the stream has no end: it was never written, or has expired. The record says the rest.
          yield* eventsOfRecord(connection, id, last, missing);
          return;
        }
      }
      for (const event of events) {
        if (event.seq <= last) continue;
        yield* told(event);
        if (endings.has(event.type)) return;
      }
    }
  } finally {
    pending?.listeners.delete(live.listener);
    connection.keepAlive.release();
  }
}

/** The events of a request without a stream, with its whole answer as one delta before the end. */
async function* eventsOfRecord(
  connection: Connection,
  id: string,
  from: number,
  missing: () => Promise<Error>,
): AsyncGenerator<Event, void> {
  const [status, history] = await connection.insist("reading the record", () =>
    Promise.all([readStatus(connection.context, id), readHistory(connection.context, id)]),
  );
  if (!status || !history) throw await missing();
  for (const event of history) {
    if (event.seq <= from) continue;
    const delta = from === 0 && event.type === "completed" ? wholeAnswer(status.outcome, status.epoch, event.seq) : undefined;
    if (delta) yield { type: "delta", seq: delta.seq, delta };
    yield event;
  }
}

async function readWholeAnswer(connection: Connection, id: string, seq: number): Promise<Delta | undefined> {
  const status = await readStatus(connection.context, id);
  return wholeAnswer(status?.outcome, status?.epoch ?? 0, seq);
}

function wholeAnswer(outcome: Outcome | undefined, epoch: number, seq: number): Delta | undefined {
  if (outcome?.state !== "completed") return undefined;
  const { content, reasoning, toolCalls, finishReason, usage } = outcome.result;
  return {
    epoch,
    seq,
    text: content,
    finishReason,
    usage,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
  };
}
