import type { DeltaStream, JobHandle } from "@llm-router/client";
import { type Delta, type Event, type Outcome, type Result, RouterError } from "@llm-router/contracts";
import type { LogFile } from "./log-file.ts";

/** Who is given a request's events one by one. */
export interface EventReader {
  readonly name: string;
  saw(event: Event): void;
  close(): void;
}

/** Writes down what callers are given: events, deltas, outcomes, and promises that stay open. */
export class Observer {
  readonly #name: string;
  readonly #log: LogFile;
  readonly #open = new Map<symbol, { r: string; id?: string }>();
  #readers = 0;

  constructor(name: string, log: LogFile) {
    this.#name = name;
    this.#log = log;
  }

  /** A promise was made; call what is returned when it is settled. */
  open(r: string, id?: string): () => void {
    const key = Symbol(r);
    this.#open.set(key, { r, ...(id !== undefined && { id }) });
    return () => void this.#open.delete(key);
  }

  report(): void {
    for (const waiting of this.#open.values()) this.#log.write({ k: "waiting", p: this.#name, at: Date.now(), ...waiting });
  }

  /** @param via The gateways that were asked. */
  note(id: string, r: string, outcome: Outcome, via?: readonly string[]): void {
    const { state } = outcome;
    const how = outcome.state === "completed" ? answerOf(outcome.result) : { code: outcome.error.code };
    this.#log.write({ k: "outcome", p: this.#name, r, id, at: Date.now(), state, ...how, ...(via && { via }) });
  }

  gaveUp(id: string, r: string, error: unknown, via?: readonly string[]): void {
    const code = RouterError.is(error) ? error.code : "THROWN";
    this.#log.write({ k: "gave-up", p: this.#name, r, id, at: Date.now(), code, message: String(error), ...(via && { via }) });
  }

  /** Waits for an outcome. */
  async outcome(id: string, r: string, ask: () => Promise<Outcome>): Promise<void> {
    const settled = this.open(r, id);
    try {
      this.note(id, r, await ask());
    } catch (error) {
      this.gaveUp(id, r, error);
    } finally {
      settled();
    }
  }

  /** Somebody begins to read every event of a request. */
  reader(r: string, id: string): EventReader {
    const name = `${r}/events${++this.#readers}`;
    const close = this.open(name, id);
    const saw = ({ seq, type, delta }: Event): void =>
      this.#log.write({ k: "seen", p: this.#name, r: name, id, at: Date.now(), seq, type, all: true, ...fields(delta) });
    return { name, saw, close };
  }

  /** Reads every event of a request. */
  async follow(job: JobHandle, r: string): Promise<void> {
    const reader = this.reader(r, job.id);
    try {
      for await (const event of job.events()) reader.saw(event);
    } catch (error) {
      this.gaveUp(job.id, reader.name, error);
    } finally {
      reader.close();
    }
  }

  /** Reads what stream() yields, to the end or until it leaves, and then the outcome. */
  async deltas(stream: DeltaStream, job: JobHandle, n: string, leaveAfter = Number.POSITIVE_INFINITY): Promise<void> {
    const reader = `${n}/deltas`;
    const settled = this.open(reader, job.id);
    let count = 0;
    try {
      for await (const delta of stream) {
        this.#log.write({
          k: "seen",
          p: this.#name,
          r: reader,
          id: job.id,
          at: Date.now(),
          seq: delta.seq,
          type: "delta",
          ...fields(delta),
        });
        if (++count >= leaveAfter) break;
      }
    } catch (error) {
      // The iterator throws what the outcome says, which is asked for below.
      if (!RouterError.is(error) || error.code === "REDIS_UNAVAILABLE") this.gaveUp(job.id, reader, error);
    } finally {
      settled();
    }
    await this.outcome(job.id, n, () => job.outcome());
  }
}

function fields(delta: Delta | undefined): object {
  if (!delta) return {};
  const { epoch, text, restart, finishReason } = delta;
  return {
    epoch,
    ...(text !== undefined && { text }),
    ...(restart && { restart }),
    ...(finishReason !== undefined && { finish: finishReason }),
  };
}

function answerOf({ content, cached }: Result): { content: string; cached?: true } {
  return { content, ...(cached === "exact" && { cached: true }) };
}
