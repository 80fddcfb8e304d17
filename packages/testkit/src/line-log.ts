export type Output = "stdout" | "stderr";

interface Waiter {
  pattern: RegExp;
  found(match: RegExpMatchArray): void;
  ended(): void;
}

/** The output of a process, line by line, and those who wait for a line of it. */
export class LineLog {
  readonly #name: string;
  readonly #entries: { output: Output; line: string }[] = [];
  readonly #waiters = new Set<Waiter>();
  #end: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  lines(output: Output): string[] {
    return this.#entries.filter((entry) => entry.output === output).map((entry) => entry.line);
  }

  add(output: Output, line: string): void {
    this.#entries.push({ output, line });
    for (const waiter of this.#waiters) {
      const match = line.match(waiter.pattern);
      if (match) waiter.found(match);
    }
  }

  /** No more lines will come. */
  end(reason: string): void {
    this.#end ??= reason;
    for (const waiter of this.#waiters) waiter.ended();
  }

  waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    for (const { line } of this.#entries) {
      const match = line.match(pattern);
      if (match) return Promise.resolve(match);
    }
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        finish();
        reject(new Error(`${this.#name} ${why} without a line like ${pattern}. Its output:\n${this.#tail()}`));
      };
      const timer = setTimeout(() => fail(`ran for ${timeoutMs} ms`), timeoutMs);
      const waiter: Waiter = {
        pattern,
        found: (match) => {
          finish();
          resolve(match);
        },
        ended: () => fail(this.#end ?? "ended"),
      };
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      this.#waiters.add(waiter);
      if (this.#end !== undefined) waiter.ended();
    });
  }

  #tail(): string {
    return this.#entries
      .slice(-40)
      .map((entry) => `  ${entry.output}: ${entry.line}`)
      .join("\n");
  }
}
