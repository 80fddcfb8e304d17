import { type Grant, parseGrant, type Run } from "./run.ts";
import { asList, type QueueContext } from "./scripts.ts";
import type { Offer, Offers } from "./offers.ts";
import { SlotClaim, type Slots } from "./slots.ts";

export interface GrantRequestsOptions {
  context: QueueContext;
  model: string;
  workerId: string;
  lockMs: number;
  /** Shared by all models of the process. */
  slots: Slots | undefined;
  /** Runs that this worker could begin now. */
  room: () => number;
  offers: Offers;
}

/** Grants of one request, or of one offer, at most: the script holds Redis for some 50 µs for each. */
const mostAtOnce = 16;

/**
 * Asks for jobs, several at a time. A request whose reply was lost is asked again with the same lock token, and gives what
 * the first one did: nothing waits for locks to expire.
 */
export class GrantRequests {
  readonly #options: GrantRequestsOptions;
  readonly #claim: SlotClaim | undefined;
  /** Its reply was lost. It holds a slot for each of `count`. */
  #unanswered: { token: string; count: number; offer: string } | undefined;

  constructor(options: GrantRequestsOptions) {
    this.#options = options;
    this.#claim = options.slots && new SlotClaim(options.slots);
  }

  /** While this process has no slot for the model: settles when there is one. */
  get slotFree(): Promise<unknown> | undefined {
    return this.#claim?.pending;
  }

  /** Grants with a run, or one without. Each run holds a slot. `token` must be new. @throws what Redis throws. */
  async ask(token: string): Promise<[Grant, ...Grant[]]> {
    const { context, model, slots, offers } = this.#options;
    const lost = this.#unanswered;
    if (!lost && this.#claim && !this.#claim.tryTake()) {
      // This process is full: another one may have the wake-up that brought us here. Not waited for here, because BullMQ
      // ends the runs that it has only when a fetch has ended.
      await context.redis.zadd(`${context.keys.queue(model)}:marker`, 0, "0").catch(() => undefined);
      return [{}];
    }
    const request = lost ?? { token, count: this.#takeMore(), offer: offers.take() };
    this.#unanswered = undefined;
    const grants = await this.#fetch(request, lost !== undefined).catch((error: unknown) => {
      this.#unanswered = request;
      throw error;
    });
    const [first = {}, ...others] = grants;
    for (let used = first.run ? 1 + others.length : 0; used < request.count; used++) slots?.give();
    return [first, ...others];
  }

  /** An offer to take jobs as they are dispatched. A process whose models share slots makes none: it would keep slots from models that need them. */
  offer(): Offer | undefined {
    const { slots, offers, room } = this.#options;
    const count = Math.min(room(), mostAtOnce);
    return slots || count < 1 ? undefined : offers.make(count);
  }

  /** The offer that stands is void from now on. Gives what was granted for it and is not here. @throws what Redis throws. */
  async withdraw(): Promise<Grant[]> {
    const offer = this.#options.offers.take();
    return offer === "" ? [] : this.#fetch({ token: "", count: 0, offer }, false);
  }

  async #fetch({ token, count, offer }: { token: string; count: number; offer: string }, isResend: boolean): Promise<Grant[]> {
    const { context, model, workerId, lockMs, offers } = this.#options;
    const askedAt = performance.now();
    const args = [model, token, `llmr:${workerId}`, workerId, lockMs, count, isResend ? 1 : 0, offer];
    const grants = asList(await context.run("fetch", args)).map((reply) => parseGrant(asList(reply), model, askedAt));
    for (const grant of grants) offers.noteClock(grant);
    return grants;
  }

  /** Asks no more. */
  close(): void {
    this.#claim?.close();
    for (let held = this.#unanswered?.count ?? 0; held > 0; held--) this.#options.slots?.give();
    this.#unanswered = undefined;
  }

  /** Slots for this request, the first of which is taken. */
  #takeMore(): number {
    const { slots } = this.#options;
    const most = Math.min(this.#options.room(), mostAtOnce);
    let count = 1;
    while (count < most && (slots?.tryTake() ?? true)) count += 1;
    return count;
  }
}

/** A name for a run that no other one has while it is under way: a lock token goes from a run to the one that its finish fetched. */
export function runKey({ id, lockToken }: Pick<Run, "id" | "lockToken">): string {
  return `${lockToken} ${id}`;
}
