import { setTimeout as delay } from "node:timers/promises";
import { Client, type JobHandle } from "@llm-router/client";
import { type Outcome, RouterError } from "@llm-router/contracts";
import { markerOf } from "@llm-router/simulator";
import { GatewayCaller } from "./gateway-caller.ts";
import { stateOf } from "./gateway-outcome.ts";
import type { LogFile } from "./log-file.ts";
import { type PlannedRequest, planStep } from "./load.ts";
import { Observer } from "./observations.ts";

export interface ProducerOptions {
  name: string;
  log: LogFile;
  seed: number;
  slot: number;
  /** The first step; a replaced producer goes on behind its predecessor. */
  from: number;
  redis: string;
  namespace: string;
  /** Of the gateways. */
  gatewayPorts: readonly number[];
  /** To the run, which hands ids to other producers. */
  tell: (message: object) => void;
}

/** Plays its slot's part of the load with the real client, and over HTTP. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #client: Client;
  readonly #observer: Observer;
  readonly #gateways: GatewayCaller;
  readonly #lanes: Promise<void>[] = [];
  readonly #acts = new Set<Promise<void>>();
  readonly #acted = new Set<string>();
  #next: number;
  #draining = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#next = options.from;
    this.#client = new Client({ redis: options.redis, namespace: options.namespace, redisTimeoutMs: 3_000 });
    this.#observer = new Observer(options.name, options.log);
    this.#gateways = new GatewayCaller({
      ports: options.gatewayPorts,
      observer: this.#observer,
      accepted: (planned, id, via) => this.#accepted(planned.n, id, planned, via),
      refused: (n, code) => this.#refusedAs(n, code),
    });
  }

  async start(lanes: number): Promise<void> {
    while (!(await this.#connects()));
    for (let i = 0; i < lanes; i++) this.#lanes.push(this.#lane());
  }

  /** Redis may be away as part of the run: then the producer tries again, as its caller would. */
  async #connects(): Promise<boolean> {
    try {
      await this.#client.connect();
      return true;
    } catch (error) {
      if (!RouterError.is(error) || error.code !== "REDIS_UNAVAILABLE") throw error;
      await delay(100);
      return false;
    }
  }

  /** Submits nothing more; resolves when everything that was submitted has been answered. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#lanes);
    await Promise.all(this.#acts);
  }

  /** Writes down which promises are still open. */
  report(): void {
    this.#observer.report();
  }

  /** What another producer's request is used for. */
  async act(what: "cancel" | "attach", id: string, gateway?: number): Promise<void> {
    // A fault may ask for what another producer asked for already.
    if (this.#acted.has(`${what} ${id}`)) return;
    this.#acted.add(`${what} ${id}`);
    await this.#track(gateway === undefined ? this.#actByClient(what, id) : this.#gateways[what](id, gateway));
  }

  #actByClient(what: "cancel" | "attach", id: string): Promise<void> {
    const handle = this.#client.attach(id);
    return what === "cancel" ? this.#observer.outcome(id, "cancel", () => handle.cancel("fuzz")) : this.#observer.follow(handle, "attach");
  }

  #track(work: Promise<void>): Promise<void> {
    this.#acts.add(work);
    return work.finally(() => this.#acts.delete(work));
  }

  async #lane(): Promise<void> {
    while (!this.#draining) {
      const step = planStep(this.#options.seed, this.#options.slot, this.#next++);
      const accepted = await Promise.all(step.requests.map((planned) => this.#play(planned)));
      // A refused producer comes back a little later, as its caller would.
      await delay(step.pauseMs + (accepted.every(Boolean) ? 0 : 60));
    }
  }

  /** Returns whether it was accepted. */
  async #play(planned: PlannedRequest): Promise<boolean> {
    const { n, call, request, abortAfterMs } = planned;
    const { name, log } = this.#options;
    log.write({
      k: "submit",
      p: name,
      n,
      at: Date.now(),
      call,
      marker: markerOf(request.prompt),
      timeoutMs: request.timeoutMs ?? 0,
      streamed: request.stream === true,
      broken: request.onBrokenStream ?? (call === "deltas" ? "error" : "restart"),
      tenant: request.tenant ?? "",
      ...(request.temperature === 0 && { shared: true }),
      ...(request.idempotencyKey !== undefined && { key: request.idempotencyKey }),
    });
    if (planned.gateway !== undefined) return this.#gateways.play(planned);
    const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs);
    const options = signal ? { signal } : {};
    try {
      if (call === "generate") return await this.#generate(planned, options);
      if (call === "deltas") return await this.#stream(planned, options);
      const job = await this.#client.enqueue(request, options);
      this.#accepted(n, job.id, planned);
      await Promise.all([
        this.#observer.outcome(job.id, n, () => job.outcome()),
        ...(call === "events" ? [this.#observer.follow(job, n)] : []),
      ]);
      return true;
    } catch (error) {
      return this.#refused(n, error);
    }
  }

  async #generate({ n, request }: PlannedRequest, options: { signal?: AbortSignal }): Promise<boolean> {
    const waiting = this.#observer.open(n);
    let outcome: Outcome;
    try {
      const result = await this.#client.generate(request, options);
      outcome = { state: "completed", id: result.id, result };
    } catch (error) {
      // An outcome that is no success comes as an error with the request's id; a refusal has none.
      if (!RouterError.is(error) || error.id === undefined || error.code === "REDIS_UNAVAILABLE") return this.#refused(n, error);
      if (/no outcome came/.test(error.message)) {
        this.#accepted(n, error.id);
        this.#observer.gaveUp(error.id, n, error);
        return true;
      }
      const { id, code, message, attempts, skipped } = error;
      outcome = { state: stateOf(code), id, error: { code, message }, attempts: [...attempts], skipped: [...skipped], latencyMs: 0 };
    } finally {
      waiting();
    }
    this.#accepted(n, outcome.id);
    this.#observer.note(outcome.id, n, outcome);
    return true;
  }

  async #stream(planned: PlannedRequest, options: { signal?: AbortSignal }): Promise<boolean> {
    const stream = this.#client.stream(planned.request, options);
    const job: JobHandle = await stream.job();
    this.#accepted(planned.n, job.id, planned);
    await this.#observer.deltas(stream, job, planned.n, planned.leaveAfter);
    return true;
  }

  #accepted(n: string, id: string, { hand }: Pick<PlannedRequest, "hand"> = {}, via?: string): void {
    this.#options.log.write({ k: "accepted", p: this.#options.name, n, at: Date.now(), id, ...(via !== undefined && { via }) });
    if (hand) void this.#track(delay(hand.afterMs).then(() => this.#options.tell({ hand: hand.act, id, gateway: hand.gateway })));
  }

  #refused(n: string, error: unknown): false {
    return this.#refusedAs(n, RouterError.is(error) ? error.code : `THROWN ${String(error)}`);
  }

  #refusedAs(n: string, code: string): false {
    this.#options.log.write({ k: "refused", p: this.#options.name, n, at: Date.now(), code });
    return false;
  }
}
