import { randomUUID } from "node:crypto";
import { type Grant, parseGrant } from "./run.ts";
import { asList, type QueueContext } from "./scripts.ts";

export interface OffersOptions {
  context: QueueContext;
  model: string;
  workerId: string;
  lockMs: number;
}

/** What a worker leaves in Redis before it waits; see lua/include/offers.lua. */
export interface Offer {
  /** Where it is left, and as what. */
  key: string;
  member: string;
  /** Where its grants come to. */
  grantsKey: string;
  /** On Redis's clock, ms. */
  untilMs: number;
}

/** As long as an offer holds, ms; the same in lua/include/offers.lua. A worker that waits longer is woken by the marker from then on. */
const holdsMs = 2_000;

/** A model worker's offers: one at a time, each for one wait. */
export class Offers {
  readonly #options: OffersOptions;
  /** Redis's clock is ahead of this process's performance.now() by so much at most, ms; undefined until Redis has told its time. */
  #clockLead: number | undefined;
  #last: { member: string; leftAt: number } | undefined;

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** What became of the last one is not known here. */
  get isOpen(): boolean {
    return this.#last !== undefined;
  }

  /** The last one, if its grants are not here: once only, for whoever asks Redis what became of it. "": there is none. */
  take(): string {
    const { member = "" } = this.#last ?? {};
    this.#last = undefined;
    return member;
  }

  /** @param grant What Redis answered a call with. */
  noteClock({ clockLead }: Grant): void {
    this.#clockLead = clockLead ?? this.#clockLead;
  }

  /** An offer to take `count` jobs; undefined before Redis has told its time. */
  make(count: number): Offer | undefined {
    if (this.#clockLead === undefined) return undefined;
    const { context, model, lockMs, workerId } = this.#options;
    const { prefix } = context.keys;
    const [leftAt, token] = [performance.now(), randomUUID()];
    const member = `${lockMs}|${count}|${token}|${workerId}`;
    this.#last = { member, leftAt };
    const untilMs = Math.round(leftAt + this.#clockLead + holdsMs);
    return { key: `${prefix}:of:${model}`, member, grantsKey: `${prefix}:go:${token}`, untilMs };
  }

  /** What was given for the last one. */
  parse(text: string): Grant[] {
    const { model } = this.#options;
    const [head = "[]", ...data] = text.split("\n");
    const { leftAt = Number.NEGATIVE_INFINITY } = this.#last ?? {};
    this.#last = undefined;
    return asList(JSON.parse(head)).map((reply, index) => {
      const [, id, more, until, now, info] = asList(reply);
      // When that was, at the earliest: the way here may have been long. Later than now it was only if Redis's clock was moved.
      const grantedAt = Number(now) - (this.#clockLead ?? 0);
      const askedAt = grantedAt > performance.now() ? leftAt : Math.max(grantedAt, leftAt);
      return parseGrant([data[index] ?? "{}", id, more, until, now, info], model, askedAt, Math.min(leftAt, askedAt));
    });
  }
}
