import { asList, type QueueContext } from "./scripts.ts";

export interface MaintenanceOptions {
  context: QueueContext;
  /** Who holds the reaper's lease. */
  owner: string;
  onError: (error: Error) => void;
  onRecovered?: (jobs: { model: string; id: string }[]) => void;
}

const reapEveryMs = 250;
const reaperLeaseMs = 500;
const recoverEveryMs = 2_000;
const sweepEveryMs = 10_000;
/** A job may lose its worker this often before it ends as STALLED. */
const maxStalled = 3;
const moveBatch = 100;

/**
 * What keeps a namespace healthy: ends requests whose budget is over, returns jobs whose worker is gone, moves jobs away
 * from models that may not be fetched, and ends requests whose job was removed from outside. Any process may run it, and several do; each script is safe beside the others.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  #timers: NodeJS.Timeout[] = [];
  #moving: Promise<void> | undefined;
  #moveAgain = false;
  #closed = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  /** Deadlines only: what every client process does. */
  startReaper(): void {
    this.#every(reapEveryMs, () => this.#reap());
  }

  /** Recovery and moving: what worker processes do. */
  startWorkerDuties(): void {
    this.#every(recoverEveryMs, () => this.#recover());
    this.#every(sweepEveryMs, () => this.sweep());
    this.#every(reapEveryMs, async () => this.move());
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

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#moving;
  }

  #every(ms: number, task: () => Promise<void>): void {
    let running = false;
    const tick = () => {
      if (running || this.#closed) return;
      running = true;
      task()
        .catch((error: unknown) => this.#report(error))
        .finally(() => {
          running = false;
        });
    };
    this.#timers.push(setInterval(tick, ms).unref());
  }

  #report(error: unknown): void {
    if (!this.#closed) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  async #reap(): Promise<void> {
    const { context, owner } = this.#options;
    for (;;) {
      const [reaped] = asList(await context.run("reap", [owner, reaperLeaseMs]));
      if (Number(reaped) < 200) return;
    }
  }

  /** Ends open requests whose job is gone: JOB_VANISHED. One pass over all of them, 200 a script. */
  async sweep(): Promise<void> {
    for (let offset = 0; !this.#closed;) {
      const [vanished = 0, seen = 0] = asList(await this.#options.context.run("sweep", [offset])).map(Number);
      if (seen < 200) return;
      offset += seen - vanished;
    }
  }

  async #recover(): Promise<void> {
    const { context, onRecovered } = this.#options;
    const models = await context.redis.smembers(`${context.keys.prefix}:models`);
    if (models.length === 0) return;
    const flat = asList(await context.run("recover", [maxStalled, ...models])).map(String);
    const jobs = [];
    for (let i = 0; i < flat.length; i += 2) jobs.push({ model: flat[i] ?? "", id: flat[i + 1] ?? "" });
    if (jobs.length > 0) onRecovered?.(jobs);
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
      if (stillBlocked === 0 || Number(seen) < moveBatch) return;
      offset += Number(seen) - Number(moved);
      if (moved === 0 && offset >= moveBatch * 10) return;
      stuck.push(...asList(kinds).map(String));
    }
  }
}
