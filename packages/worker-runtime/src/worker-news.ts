import { connectRedis, type ControlMessage, type QueueContext, type RedisTarget, subscribeControl } from "@llm-router/job-queue";
import type { Logger } from "@llm-router/service-kit";
import type { ModelSet } from "./model-set.ts";
import { watchRedis } from "./watch-redis.ts";

export interface WorkerNewsOptions {
  context: QueueContext;
  target: RedisTarget;
  models: ModelSet;
  logger: Logger;
  isClosing: () => boolean;
  /** A breaker changed: jobs may have to move. */
  onBreaker: () => void;
  /** Another process defined something anew. */
  onConfig: (field: string) => void;
  /** Redis was away, and is back. */
  onBack: () => void;
  onError: (error: unknown) => void;
}

/** A worker's ear: changes of breakers and configuration, and runs that are to be aborted. What was missed is looked up. */
export class WorkerNews {
  readonly #options: WorkerNewsOptions;
  readonly #subscriber: ReturnType<typeof connectRedis>;

  constructor(options: WorkerNewsOptions) {
    this.#options = options;
    this.#subscriber = connectRedis(options.target, "subscriber");
  }

  async listen(): Promise<void> {
    const { context, logger, isClosing, onBack } = this.#options;
    await subscribeControl(this.#subscriber, context.keys, (message) => this.#onMessage(message));
    this.#subscriber.on("ready", () => this.catchUp());
    watchRedis(context, { logger, isClosing, onBack });
  }

  /** News may have been missed: look at the truth. */
  catchUp(): void {
    this.#options.models.refresh().catch((error: unknown) => this.#options.onError(error));
  }

  close(): void {
    this.#subscriber.disconnect();
  }

  #onMessage(message: ControlMessage): void {
    const { models, onBreaker, onConfig } = this.#options;
    if (message.type === "abort") {
      models.abort(message.id, message.epoch, message.reason);
    } else if (message.type === "breaker") {
      models.get(message.model)?.breaker.apply(message);
      onBreaker();
    } else {
      onConfig(message.field);
      if (message.field.startsWith("model:")) this.catchUp();
    }
  }
}
