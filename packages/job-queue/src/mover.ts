import { asList, type QueueContext } from "./scripts.ts";

export interface MoverOptions {
  context: QueueContext;
  /** Who holds the lease. */
  owner: string;
  onError: (error: unknown) => void;
}

/** Of the lease, ms: two looks long. */
const leaseMs = 500;
/** Jobs that one script moves. */
const batch = 100;

/** Takes waiting jobs from models that may not be fetched, or that no worker serves, to their next candidates with room. */
export class Mover {
  readonly #options: MoverOptions;
  readonly #leaseKey: string;
  #moving: Promise<void> | undefined;
  #moveAgain = false;
  #closed = false;

  constructor(options: MoverOptions) {
    this.#options = options;
    this.#leaseKey = `${options.context.keys.prefix}:mover`;
  }

  /** Moves what can be moved now; called when a breaker opened or room appeared. Runs at most once at a time. */
  move(): void {
    if (this.#closed) return;
    if (this.#moving) {
      this.#moveAgain = true;
      return;
    }
    this.#moving = this.#moveBlocked()
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#moving = undefined;
        if (this.#moveAgain) {
          this.#moveAgain = false;
          this.move();
        }
      });
  }

  /**
   * The look that finds what nobody told: one process of the namespace does it, for as long as it comes back in time.
   * Returns whether it was this one.
   */
  async look(): Promise<boolean> {
    const { context, owner } = this.#options;
    const holder = await context.redis.set(this.#leaseKey, owner, "PX", leaseMs, "NX", "GET");
    if (holder !== null && holder !== owner) return false;
    if (holder === owner) await context.redis.pexpire(this.#leaseKey, leaseMs);
    this.move();
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#moving;
  }

  #report(error: unknown): void {
    if (!this.#closed) this.#options.onError(error);
  }

  async #moveBlocked(): Promise<void> {
    const { context } = this.#options;
    const now = await context.redis.time().then(([seconds]) => Number(seconds) * 1_000);
    const [blocked, models] = await Promise.all([
      context.redis.smembers(`${context.keys.prefix}:blocked`),
      context.redis.smembers(`${context.keys.prefix}:models`),
    ]);
    const alive = await Promise.all(models.map((model) => context.redis.hget(context.keys.model(model), "wa")));
    const abandoned = models.filter((_, i) => Number(alive[i] ?? 0) < now);
    for (const model of new Set([...blocked, ...abandoned])) await this.#moveFrom(model);
  }

  async #moveFrom(model: string): Promise<void> {
    let offset = 0;
    const stuck: string[] = [];
    while (!this.#closed) {
      const [moved, seen, stillBlocked, kinds] = asList(await this.#options.context.run("move", [model, offset, ...stuck]));
      if (stillBlocked === 0 || Number(seen) < batch) return;
      offset += Number(seen) - Number(moved);
      if (moved === 0 && offset >= batch * 10) return;
      stuck.push(...asList(kinds).map(String));
    }
  }
}
