import {
  createKeys,
  type Event,
  type JobData,
  newClientId,
  newRequestId,
  type Outcome,
  type Request,
  resolvePriority,
  RouterError,
} from "@llm-router/contracts";
import {
  connectRedis,
  createQueueContext,
  dispatch,
  type DispatchInput,
  type QueueContext,
  readStatus,
  ReplyReader,
  whenReady,
} from "@llm-router/job-queue";
import { requestInput, toCandidates } from "@llm-router/job-queue/testing";
import type { RedisAccess } from "@llm-router/testkit";

export interface Submit extends Partial<Omit<DispatchInput, "candidates">> {
  /** In order of preference. */
  models: readonly string[];
  request?: Partial<Request>;
  /** More of the job's data. */
  job?: Partial<JobData>;
}

export interface Submitted {
  id: string;
  outcome: Promise<Outcome>;
  /** The first event or delta that matches, seen or to come. */
  waitFor: (matches: (event: Event) => boolean) => Promise<Event>;
  events: () => Event[];
}

interface Open {
  events: Event[];
  resolve: (outcome: Outcome) => void;
  waiters: { matches: (event: Event) => boolean; resolve: (event: Event) => void }[];
}

/** The least of a client: places jobs and hears of their ends. */
export class TestClient implements AsyncDisposable {
  readonly context: QueueContext;
  readonly #clientId: string;
  readonly #reader: ReplyReader;
  readonly #open = new Map<string, Open>();

  private constructor(context: QueueContext, url: string) {
    this.context = context;
    this.#clientId = newClientId();
    this.#reader = new ReplyReader({
      context,
      blocking: connectRedis({ url }, "blocking"),
      clientId: this.#clientId,
      onReply: ({ id, events, outcome }) => {
        const open = this.#open.get(id);
        if (!open) return;
        open.events.push(...events);
        for (const event of events) for (const waiter of open.waiters) if (waiter.matches(event)) waiter.resolve(event);
        if (outcome) open.resolve(outcome);
      },
      onGap: () => void this.#askForAll().catch(() => undefined), // away again: the next gap asks again
    });
  }

  static async connect(redis: Pick<RedisAccess, "url" | "namespace">): Promise<TestClient> {
    const commands = connectRedis({ url: redis.url }, "commands");
    await whenReady(commands, 5_000);
    const client = new TestClient(createQueueContext(commands, createKeys(redis.namespace)), redis.url);
    await client.#reader.start();
    return client;
  }

  /** @throws {RouterError} with the code of a refusal. */
  async submit({ models, request, job, ...input }: Submit): Promise<Submitted> {
    const id = input.id ?? newRequestId(this.#clientId);
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const open: Open = { events: [], resolve, waiters: [] };
    this.#open.set(id, open);
    const data: JobData = { v: 1, request: { prompt: "hi", ...request }, onBrokenStream: "restart", ...job };
    const { rank, priority } = resolvePriority(request?.priority);
    const own = { clientId: this.#clientId, classRank: rank, priority, candidates: toCandidates(models), data: JSON.stringify(data) };
    const reply = await dispatch(this.context, requestInput(id, { ...own, ...input }));
    if (reply.kind === "refused") throw new RouterError(reply.code, JSON.stringify(reply.skipped));
    if (reply.kind === "settled") resolve(reply.outcome);
    return {
      id,
      outcome: promise,
      events: () => open.events,
      waitFor: (matches) => {
        const seen = open.events.find(matches);
        if (seen) return Promise.resolve(seen);
        return new Promise((found) => open.waiters.push({ matches, resolve: found }));
      },
    };
  }

  submitMany(count: number, submit: Submit): Promise<Submitted[]> {
    return Promise.all(Array.from({ length: count }, () => this.submit(submit)));
  }

  async #askForAll(): Promise<void> {
    await whenReady(this.context.redis, 30_000);
    for (const [id, open] of this.#open) {
      const status = await readStatus(this.context, id);
      if (status?.outcome) open.resolve(status.outcome);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
    this.context.redis.disconnect();
  }
}

/** The result of a completed outcome; anything else is the test's failure. */
export function resultOf(outcome: Outcome) {
  if (outcome.state !== "completed") throw new Error(`expected a completed outcome, got ${JSON.stringify(outcome)}`);
  return outcome.result;
}

export function errorOf(outcome: Outcome) {
  if (outcome.state === "completed") throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome.error;
}
