import type { RunnableBackend } from "@llm-router/backends";
import type { ModelConfig } from "@llm-router/contracts";
import type { QueueContext, RunAbort } from "@llm-router/job-queue";
import { readBreaker } from "./breakers/read-breaker.ts";
import { type RunCounters, sumCounters } from "./counters.ts";
import type { ServedModelStatus } from "./options.ts";
import { ServedModel, type ServedModelOptions } from "./served-model.ts";

export type SharedOptions = Omit<ServedModelOptions, "name" | "model" | "backend" | "breaker" | "counters">;

export interface ModelToServe {
  name: string;
  model: ModelConfig;
  backend: RunnableBackend;
}

/** The models that this process serves, and those that were defined anew while runs of their old definition go on. */
export class ModelSet {
  readonly #context: QueueContext;
  readonly #shared: SharedOptions;
  readonly #served = new Map<string, ServedModel>();
  readonly #retired = new Set<ServedModel>();

  constructor(shared: SharedOptions) {
    this.#context = shared.context;
    this.#shared = shared;
  }

  /** Begins to take a model's jobs; in place of its old definition, if it had one. */
  async serve({ name, model, backend }: ModelToServe): Promise<void> {
    const old = this.#served.get(name);
    const breaker = await readBreaker(this.#context, name);
    this.#served.set(name, new ServedModel({ ...this.#shared, name, model, backend, breaker, ...(old && { counters: old.counters }) }));
    if (old) void this.#retire(old);
  }

  get(name: string): ServedModel | undefined {
    return this.#served.get(name);
  }

  status(): ServedModelStatus[] {
    return [...this.#served.values()].map((model) => model.status());
  }

  counters(): RunCounters {
    return sumCounters([...this.#served.values()].map((model) => model.counters));
  }

  async refresh(): Promise<void> {
    await Promise.all([...this.#served.values()].map((model) => model.refresh()));
  }

  abort(id: string, epoch: number, reason: RunAbort): void {
    for (const model of this.#all()) model.abort(id, epoch, reason);
  }

  abortAll(reason: RunAbort): void {
    for (const model of this.#all()) model.abortAll(reason);
  }

  /** Resolves when the runs under way have ended. */
  async stopTaking(): Promise<void> {
    await Promise.all(this.#all().map((model) => model.stopTaking()));
  }

  async closeBackends(): Promise<void> {
    await Promise.all(this.#all().map((model) => model.closeBackend()));
  }

  #all(): ServedModel[] {
    return [...this.#served.values(), ...this.#retired];
  }

  async #retire(model: ServedModel): Promise<void> {
    this.#retired.add(model);
    await model.stopTaking();
    await model.closeBackend();
    this.#retired.delete(model);
  }
}
