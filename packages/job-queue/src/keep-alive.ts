/** One for the whole process, made at the first wait and never again: making one costs more than many a call. */
let timer: NodeJS.Timeout | undefined;
/** Those that something is waited for in. */
let waiting = 0;

/**
 * Idle connections do not keep a process alive (they are unreferenced); whatever somebody waits for does. A referenced
 * timer stands for all that is open.
 */
export class KeepAlive {
  #open = 0;

  hold(): void {
    this.#open += 1;
    if (this.#open > 1) return;
    waiting += 1;
    timer ??= setInterval(() => undefined, 2 ** 30);
    if (waiting === 1) timer.ref();
  }

  release(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    waiting -= 1;
    if (waiting === 0) timer?.unref();
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.hold();
    try {
      return await work();
    } finally {
      this.release();
    }
  }
}
