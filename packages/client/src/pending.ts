import type { Event, Outcome } from "@llm-router/contracts";
import { LiveEvents } from "./live-events.ts";

/** A request that this process waits for. */
export interface Pending {
  id: string;
  promise: Promise<Outcome>;
  /** What the promise gives is without `content` and `reasoning`: its stream has given them, and its record has the whole. */
  isCut: boolean;
  /** Live events go to each of these until it is removed. */
  listeners: Set<(events: readonly Event[]) => void>;
  /** Its first live events, until somebody follows it. */
  early: LiveEvents | undefined;
  /** performance.now() after which nobody waits any more, whatever Redis says. */
  giveUpAt: number;
  /** Submits it again under the same id, should Redis have lost it. */
  resubmit: (() => Promise<void>) | undefined;
  settle: (outcome: Outcome, isCut?: boolean) => void;
  fail: (error: unknown) => void;
}

/** Every request that this process waits for, by id. */
export class PendingRequests {
  readonly #byId = new Map<string, Pending>();

  get(id: string): Pending | undefined {
    return this.#byId.get(id);
  }

  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  get size(): number {
    return this.#byId.size;
  }

  open(id: string, giveUpAt: number, resubmit?: () => Promise<void>): Pending {
    const existing = this.#byId.get(id);
    if (existing) return existing;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    // A rejection is for whoever asks; nobody may have asked yet.
    promise.catch(() => undefined);
    const pending: Pending = {
      id,
      promise,
      isCut: false,
      listeners: new Set(),
      early: undefined,
      giveUpAt,
      resubmit,
      settle: (outcome, isCut = false) => {
        this.#byId.delete(id);
        pending.isCut = isCut;
        resolve(outcome);
      },
      fail: (error) => {
        this.#byId.delete(id);
        reject(error);
      },
    };
    this.#byId.set(id, pending);
    return pending;
  }

  overdue(now: number): Pending[] {
    return [...this.#byId.values()].filter(({ giveUpAt }) => giveUpAt <= now);
  }

  failAll(error: unknown): void {
    for (const pending of this.#byId.values()) pending.fail(error);
  }
}

/** Keeps what comes from now on for the first who follows the request. To be called before it is submitted. */
export function keepEarly(pending: Pending): void {
  pending.early = new LiveEvents({ fromStart: true });
  pending.listeners.add(pending.early.listener);
}
