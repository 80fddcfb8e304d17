import { Mover } from "./mover.ts";
import { asList, type QueueContext } from "./scripts.ts";

export interface MaintenanceOptions {
  context: QueueContext;
  /** Who holds the leases of the reaper and the mover. */
  owner: string;
  onError: (error: Error) => void;
  onRecovered?: (jobs: { model: string; id: string }[]) => void;
}

const reapEveryMs = 250;
const moveEveryMs = 250;
const reaperLeaseMs = 500;
const recoverEveryMs = 2_000;
const sweepEveryMs = 10_000;
/** A job may lose its worker this often before it ends as STALLED. */
const maxStalled = 3;

/**
 * What keeps a namespace healthy: ends requests whose budget is over, returns jobs whose worker is gone, moves jobs away
 * from models that may not be fetched, and ends requests whose job was removed from outside. Any process may run it, and several do; each script is safe beside the others.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #mover: Mover;
  #timers: NodeJS.Timeout[] = [];
  #closed = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    const { context, owner } = options;
    this.#mover = new Mover({ context, owner, onError: (error) => this.#report(error) });
  }

  /** Deadlines only: what every client process does. */
  startReaper(): void {
    this.#every(reapEveryMs, () => this.#reap());
  }

  /** Recovery and moving: what worker processes do. */
  startWorkerDuties(): void {
    this.#every(recoverEveryMs, () => this.#recover());
    this.#every(sweepEveryMs, () => this.sweep());
    this.#every(moveEveryMs, () => this.#mover.look());
  }

  /** Moves what can be moved now; called when a breaker opened or room appeared. */
  move(): void {
    this.#mover.move();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#mover.close();
  }

  #every(ms: number, task: () => Promise<unknown>): void {
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
}
