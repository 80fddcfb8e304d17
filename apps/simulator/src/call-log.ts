import { CallCounter, type CallStats } from "./call-stats.ts";

/**
 * `aborted`: the client left. `cut`: the simulator destroyed the connection. `unfinished`: a clean end without the end
 * mark, or garbage. `error`: an error status, or an error line in the stream.
 */
export type CallOutcome = "completed" | "aborted" | "error" | "cut" | "unfinished";

/** One call of a model. Times are ms since 1970 with a fraction. */
export interface CallRecord {
  n: number;
  model: string;
  api: string;
  stream: boolean;
  /** The `x-request-id` header. */
  requestId: string | null;
  marker: string;
  promptHash: string;
  receivedAt: number;
  /** When it got its slot; null while it waits, and for a call that was refused. */
  startedAt: number | null;
  firstTokenAt: number | null;
  endedAt: number | null;
  /** null while it is under way. */
  outcome: CallOutcome | null;
  status: number | null;
  error: string | null;
  tokensSent: number;
  /** Calls of its model under way when it arrived, itself included; waiting for a slot counts. */
  concurrency: number;
}

export interface Stats extends CallStats {
  models: Record<string, CallStats>;
}

export type CallPredicate = (call: CallRecord) => boolean;

interface Waiter {
  matches: CallPredicate;
  resolve: (call: CallRecord) => void;
  reject: (error: Error) => void;
}

export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Remembers calls (the last `keep` of them) and counts all of them. */
export class CallLog {
  readonly #keep: number;
  #calls: CallRecord[] = [];
  #n = 0;
  #total = new CallCounter();
  readonly #models = new Map<string, CallCounter>();
  readonly #waiters = new Set<Waiter>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Opens the record of a call that has just arrived. */
  receive(call: Pick<CallRecord, "model" | "api" | "stream" | "requestId" | "marker" | "promptHash">): CallRecord {
    const receivedAt = now();
    this.#total.received(receivedAt);
    const concurrency = this.#counter(call.model).received(receivedAt);
    const record: CallRecord = {
      n: ++this.#n,
      ...call,
      receivedAt,
      startedAt: null,
      firstTokenAt: null,
      endedAt: null,
      outcome: null,
      status: null,
      error: null,
      tokensSent: 0,
      concurrency,
    };
    this.#calls.push(record);
    // Dropping many at a time keeps a long run from moving the array on every call.
    if (this.#calls.length >= this.#keep * 2) this.#calls = this.#calls.slice(-this.#keep);
    this.#notify(record);
    return record;
  }

  start(record: CallRecord): void {
    record.startedAt = now();
    this.#total.started();
    this.#counter(record.model).started();
    this.#notify(record);
  }

  sent(record: CallRecord, tokens: number): void {
    if (tokens === 0) return;
    record.firstTokenAt ??= now();
    record.tokensSent += tokens;
    this.#notify(record);
  }

  /** Closes a record. The first end counts; a connection that closes after the answer was written changes nothing. */
  end(record: CallRecord, outcome: CallOutcome, details: { status?: number; error?: string } = {}): void {
    if (record.outcome !== null) return;
    record.endedAt = now();
    record.outcome = outcome;
    record.status = details.status ?? record.status;
    record.error = details.error ?? null;
    const running = record.startedAt !== null;
    this.#total.ended(outcome, running);
    this.#counter(record.model).ended(outcome, running);
    this.#notify(record);
  }

  calls(): CallRecord[] {
    return this.#calls.slice(-this.#keep).map((call) => ({ ...call }));
  }

  stats(): Stats {
    return { ...this.#total.view(), models: Object.fromEntries([...this.#models].map(([name, counter]) => [name, counter.view()])) };
  }

  /** Forgets the calls and counts; what is under way stays counted as under way. */
  reset(): void {
    this.#calls = this.#calls.filter((call) => call.outcome === null);
    this.#total.reset();
    for (const counter of this.#models.values()) counter.reset();
  }

  /** The first call, of the past or to come, that matches; asked again whenever a call changes. Rejects after `timeoutMs`. */
  waitFor(matches: CallPredicate, timeoutMs: number): Promise<CallRecord> {
    const known = this.#calls.find(matches);
    if (known !== undefined) return Promise.resolve({ ...known });
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        resolve: (call) => (settle(), resolve({ ...call })),
        reject: (error) => (settle(), reject(error)),
      };
      const timer = setTimeout(
        () => waiter.reject(new Error(`simulator: no such call within ${timeoutMs} ms; ${this.#n} calls seen`)),
        timeoutMs,
      );
      this.#waiters.add(waiter);
    });
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.reject(new Error("simulator: closed while a call was waited for"));
  }

  #counter(model: string): CallCounter {
    let counter = this.#models.get(model);
    if (counter === undefined) this.#models.set(model, (counter = new CallCounter()));
    return counter;
  }

  #notify(record: CallRecord): void {
    for (const waiter of this.#waiters) if (waiter.matches(record)) waiter.resolve(record);
  }
}
