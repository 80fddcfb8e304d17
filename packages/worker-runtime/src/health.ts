import type { RunnableBackend } from "@llm-router/backends";
import type { BackendHealth } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";

/** Longest health check, ms. */
const limitMs = 5_000;

export interface HealthMonitorOptions {
  model: string;
  backend: RunnableBackend;
  intervalMs: number;
  logger: Logger;
}

/** Asks a backend on an interval whether it is well. It only informs: whether calls are made is the breaker's matter. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #running = false;
  #last: BackendHealth | undefined;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#check(), Math.min(options.intervalMs, 2_147_483_647)).unref();
    void this.#check();
  }

  get last(): BackendHealth | undefined {
    return this.#last;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort();
  }

  async #check(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const health = await this.#ask();
    this.#running = false;
    if (this.#closing.signal.aborted) return;
    const { model, logger } = this.#options;
    if (health.ok !== (this.#last?.ok ?? true))
      logger.warn({ model, health }, health.ok ? "the model is well again" : "the model is not well");
    this.#last = health;
  }

  async #ask(): Promise<BackendHealth> {
    const limit = AbortSignal.timeout(Math.min(limitMs, this.#options.intervalMs));
    const signal = AbortSignal.any([limit, this.#closing.signal]);
    const { promise: stopped, resolve } = Promise.withResolvers<BackendHealth>();
    const onStop = (): void => resolve({ ok: false, message: "The health check did not end in time." });
    signal.addEventListener("abort", onStop, { once: true });
    try {
      return await Promise.race([this.#options.backend.healthCheck(signal), stopped]);
    } catch (error) {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    } finally {
      signal.removeEventListener("abort", onStop);
    }
  }
}
