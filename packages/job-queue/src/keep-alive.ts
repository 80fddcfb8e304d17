/**
 * Idle connections do not keep a process alive (they are unreferenced); whatever somebody waits for does. One referenced
 * timer stands for all that is open.
 */
export class KeepAlive {
  #open = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    this.#open += 1;
    this.#timer ??= setInterval(() => undefined, 2 ** 30);
  }

  release(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
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
