import { type Behaviour, type BehaviourPatch, type ControlPatch, defaultBehaviour, type Outage } from "./control.ts";
import { type Fate, fateOf } from "./fate.ts";
import { canonicalName } from "./model-name.ts";
import { seededRandom } from "./random.ts";
import { SlidingWindow } from "./sliding-window.ts";
import { Slots } from "./slots.ts";

/** What GET /control shows: the behaviour of all models, and what single ones do differently. Counts (`failNext`, `next`) are what is left. */
export interface ControlView extends Behaviour {
  models: string[] | null;
  perModel: Record<string, BehaviourPatch>;
  /** Only whether a key is asked for; never the key. */
  apiKey: boolean;
  seed: number;
}

/** Owns how each model behaves now, with the counters that this needs. */
export class Behaviours {
  readonly #start: ControlPatch;
  #all: Behaviour = defaultBehaviour;
  #own = new Map<string, BehaviourPatch>();
  #models: string[] | null = null;
  #apiKey: string | null = null;
  #seed = 1;
  #random = seededRandom(1);
  readonly #slots = new Map<string, Slots>();
  readonly #admitted = new Map<string, SlidingWindow>();

  constructor(start: ControlPatch) {
    this.#start = start;
    this.apply(start);
  }

  get apiKey(): string | null {
    return this.#apiKey;
  }

  /** Whether the port is to be closed. */
  get refusing(): Extract<Outage, { mode: "refuse" }> | null {
    return this.#all.outage?.mode === "refuse" ? this.#all.outage : null;
  }

  apply(patch: ControlPatch): void {
    if (patch.reset === true) this.#reset();
    const { models, perModel, apiKey, seed, reset: _reset, ...all } = patch;
    this.#all = { ...this.#all, ...defined(all) };
    for (const [name, own] of Object.entries(perModel ?? {})) {
      const key = canonicalName(name);
      if (own === null) this.#own.delete(key);
      else this.#own.set(key, { ...this.#own.get(key), ...defined(own) });
    }
    if (models !== undefined) this.#models = models;
    if (apiKey !== undefined) this.#apiKey = apiKey;
    if (seed !== undefined) this.#reseed(seed);
    for (const [name, slots] of this.#slots) slots.setLimit(this.of(name).slots);
  }

  view(): ControlView {
    return { ...this.#all, models: this.#models, perModel: Object.fromEntries(this.#own), apiKey: this.#apiKey !== null, seed: this.#seed };
  }

  /** Names for the catalogues. Where any name exists, those that were spoken of. */
  names(): string[] {
    return this.#models ?? [...new Set([...this.#own.keys(), ...this.#slots.keys()])];
  }

  exists(model: string): boolean {
    return this.#models === null || this.#models.some((name) => canonicalName(name) === canonicalName(model));
  }

  of(model: string): Behaviour {
    const own = this.#own.get(canonicalName(model));
    return own === undefined ? this.#all : { ...this.#all, ...defined(own) };
  }

  slots(model: string): Slots {
    const name = canonicalName(model);
    let slots = this.#slots.get(name);
    if (slots === undefined) {
      slots = new Slots();
      slots.setLimit(this.of(name).slots);
      this.#slots.set(name, slots);
    }
    return slots;
  }

  /** Decides about a call that arrives now, and counts it. */
  fate(model: string, now: number): Fate {
    const behaviour = this.of(model);
    if (behaviour.outage !== null) {
      this.#countDown(model, behaviour.outage);
      return fateOf(behaviour.outage);
    }
    if (behaviour.failNext > 0) {
      this.#holder(model, "failNext").failNext = behaviour.failNext - 1;
      return { kind: "status", status: behaviour.errorStatus, message: undefined, retryAfterSeconds: undefined };
    }
    if (behaviour.errorRate > 0 && this.#random() < behaviour.errorRate) {
      return { kind: "status", status: behaviour.errorStatus, message: undefined, retryAfterSeconds: undefined };
    }
    return this.#withinRate(model, behaviour.rpm, now);
  }

  #withinRate(model: string, rpm: number, now: number): Fate {
    const name = canonicalName(model);
    let admitted = this.#admitted.get(name);
    if (admitted === undefined) {
      if (rpm === 0) return { kind: "answer" };
      admitted = new SlidingWindow(60_000);
      this.#admitted.set(name, admitted);
    }
    if (rpm > 0 && admitted.count(now) >= rpm)
      return { kind: "rate-limit", retryAfterSeconds: Math.ceil(admitted.msUntilRoom(now) / 1000) };
    admitted.add(now);
    return { kind: "answer" };
  }

  #countDown(model: string, outage: Outage): void {
    if (outage.mode === "refuse" || outage.next === undefined) return;
    this.#holder(model, "outage").outage = outage.next > 1 ? { ...outage, next: outage.next - 1 } : null;
  }

  /** Where a model's value of `field` was set: its own overrides, or the behaviour of all. */
  #holder(model: string, field: keyof BehaviourPatch): BehaviourPatch {
    const own = this.#own.get(canonicalName(model));
    if (own?.[field] !== undefined) return own;
    this.#all = { ...this.#all };
    return this.#all;
  }

  #reseed(seed: number): void {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  #reset(): void {
    this.#all = defaultBehaviour;
    this.#own = new Map();
    this.#models = null;
    this.#apiKey = null;
    this.#admitted.clear();
    this.#reseed(1);
    this.apply({ ...this.#start, reset: false });
  }
}

/** Without the keys whose value is undefined, which would otherwise hide the value underneath. */
function defined<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
