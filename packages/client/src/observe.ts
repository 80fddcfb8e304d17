import { type Event, type Outcome, type PriorityClass, RouterError } from "@llm-router/contracts";
import type { Connection } from "./connection.ts";
import type { Pending } from "./pending.ts";

/** How a request ended that this process submitted: it was refused, or it has its outcome. */
export type RequestEnd = { class: PriorityClass; tenant: string } & (
  | { kind: "refused"; error: RouterError }
  | {
      kind: "ended";
      outcome: Outcome;
      /** From the call to the first delta, ms; undefined when none came live. */
      firstTokenMs: number | undefined;
    }
);
export type Observer = (end: RequestEnd) => void;

/** What one submission is watched by. Costs nothing while nobody observes, and never anything per token. */
export interface Watch {
  /** @param id Another one than its own: it shares the run of an idempotency key, which whoever began it reports. */
  accepted(id: string): void;
  refused(error: unknown): void;
}

const unwatched: Watch = { accepted: () => undefined, refused: () => undefined };

export function watch(connection: Connection, of: Pick<RequestEnd, "class" | "tenant">, own: Pending): Watch {
  if (connection.observers.size === 0) return unwatched;
  const tell = (end: RequestEnd): void => {
    for (const observer of connection.observers) observer(end);
  };
  const calledAt = performance.now();
  let firstTokenMs: number | undefined;
  const onEvents = (events: readonly Event[]): void => {
    if (!events.some(({ type }) => type === "delta")) return;
    own.listeners.delete(onEvents);
    firstTokenMs = performance.now() - calledAt;
  };
  own.listeners.add(onEvents);
  return {
    accepted(id) {
      if (id !== own.id) return;
      // A client that closes learns of no outcome: then nobody is told.
      own.promise.then((outcome) => tell({ ...of, kind: "ended", outcome, firstTokenMs })).catch(() => undefined);
    },
    refused(error) {
      if (RouterError.is(error)) tell({ ...of, kind: "refused", error });
    },
  };
}
