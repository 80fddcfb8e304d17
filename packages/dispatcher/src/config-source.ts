import { type QueueContext, readSharedConfig, type SharedConfig } from "@llm-router/job-queue";

/** The namespace's definitions, read once and again when a dispatch shows that they changed. */
export class ConfigSource {
  readonly #context: QueueContext;
  #current: SharedConfig | undefined;
  #stale = false;
  #reading: Promise<SharedConfig> | undefined;

  constructor(context: QueueContext) {
    this.#context = context;
  }

  /** What was read last, without asking again. */
  get known(): SharedConfig | undefined {
    return this.#current;
  }

  /** What was read last, unless it changed since. An empty namespace is asked again: a worker may have defined its models meanwhile. */
  get fresh(): SharedConfig | undefined {
    return this.#current && !this.#stale && this.#current.models.size > 0 ? this.#current : undefined;
  }

  /** @throws {RouterError} REDIS_UNAVAILABLE, SCHEMA_MISMATCH. */
  async get(): Promise<SharedConfig> {
    return this.fresh ?? this.refresh();
  }

  async refresh(): Promise<SharedConfig> {
    this.#reading ??= readSharedConfig(this.#context).finally(() => {
      this.#reading = undefined;
    });
    this.#stale = false;
    this.#current = await this.#reading;
    return this.#current;
  }

  /** A dispatch said which version is current. The next request sees it. */
  notice(version: string): void {
    if (this.#current && this.#current.version !== version) this.#stale = true;
  }
}
