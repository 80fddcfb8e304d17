import { breakerSchema, createKeys, modelSchema } from "@llm-router/contracts";
import type { BreakerConfig, Keys, ModelInput } from "@llm-router/contracts";
import type { RedisAccess } from "@llm-router/testkit";
import type { Redis } from "ioredis";
import {
  type Decision,
  type DispatchInput,
  type DispatchReply,
  type Grant,
  type QueueContext,
  type Run,
  asList,
  connectRedis,
  createQueueContext,
  define,
  dispatch,
  parseGrant,
  whenReady,
  endedOf,
  sumBy,
} from "../src/index.ts";
import { type Finished, FinishRequests } from "../src/finish-requests.ts";
import { requestInput } from "../src/testing/request-input.ts";

export { requestInput, toCandidates } from "../src/testing/request-input.ts";

interface ModelSetup extends Partial<ModelInput> {
  concurrency?: number;
  breaker?: Partial<BreakerConfig>;
  /** Worker alive for a minute (default true). */
  alive?: boolean;
}

/** A namespace with its scripts, and the steps of a request one by one, as a worker and a producer take them. */
export interface QueueFixture extends AsyncDisposable {
  url: string;
  keys: Keys;
  context: QueueContext;
  /** A second connection, to look inside. */
  admin: Redis;
  model(name: string, setup?: ModelSetup): Promise<void>;
  place(id: string, input?: Partial<DispatchInput>): Promise<DispatchReply>;
  fetch(model: string, options?: { token?: string; lockMs?: number }): Promise<Grant>;
  /** Fetches, and fails the test when there was no job. */
  take(model: string, options?: { token?: string; lockMs?: number }): Promise<Run>;
  finish(
    run: Run,
    decision: Partial<Decision>,
    options?: { fetchNext?: boolean },
  ): Promise<Omit<Finished, "blockedModels"> & { blocked: number }>;
  /** Lets every lock of the model expire, as the death of its workers does, and recovers. */
  loseWorkers(model: string, maxStalled?: number): Promise<string[]>;
  move(model: string): Promise<number[]>;
  reap(owner?: string): Promise<number>;
  depth(model: string): Promise<number>;
  record(id: string): Promise<Record<string, string>>;
  stats(): Promise<Record<string, string>>;
  now(): Promise<number>;
}

let tokens = 0;

export const success = (id: string): string => JSON.stringify({ state: "completed", id, result: { id, content: "ok", success: true } });
export const attemptOf = (run: Run, outcome = "unreachable"): string =>
  JSON.stringify({ model: run.model, waitMs: run.waitMs, runMs: 1, outcome, breaker: run.breaker });

/** Opens a fixture on a test's Redis. */
export async function openQueues(access: RedisAccess): Promise<QueueFixture> {
  const redis = connectRedis({ url: access.url }, "commands");
  await whenReady(redis, 5_000);
  return queuesOn(redis, access);
}

/** A fixture on a connection that is there already. */
export function queuesOn(redis: Redis, { url, namespace, admin }: RedisAccess): QueueFixture {
  const keys = createKeys(namespace);
  const context = createQueueContext(redis, keys);
  const fixture: QueueFixture = {
    url,
    keys,
    context,
    admin,
    async model(name, { concurrency = 1, breaker = {}, alive = true, ...rest } = {}) {
      const model = modelSchema.parse({ provider: "test", model: name, ...rest });
      await define(
        context,
        { field: `model:${name}`, json: JSON.stringify(model), limits: { model, concurrency, breaker: breakerSchema.parse(breaker) } },
        { holder: "test", apply: true },
      );
      if (alive) await context.run("beat", ["w1", 60_000, "{}", name]);
    },
    place: (id, input) => dispatch(context, requestInput(id, input)),
    async fetch(model, { token = `t${++tokens}`, lockMs = 6_000 } = {}) {
      const [grant] = asList(await context.run("fetch", [model, token, "llmr:w1", "w1", lockMs, 1, 0]));
      return parseGrant(asList(grant), model);
    },
    async take(model, options) {
      const { run, retryInMs } = await fixture.fetch(model, options);
      if (!run) throw new Error(`no job of ${model} was granted (retry in ${retryInMs} ms)`);
      return run;
    },
    async finish(run, decision, { fetchNext = false } = {}) {
      const { mode = "complete", json = mode === "complete" ? success(run.id) : attemptOf(run) } = decision;
      const finishes = new FinishRequests({ context, model: run.model, workerId: "w1", lockMs: 6_000 });
      const whole = { breaker: "none", runMs: 1, note: "{}", ...decision, mode, json } as const;
      const { blockedModels: blocked, ...finished } = await finishes.send({ run, decision: whole, fetchNext });
      return { ...finished, blocked };
    },
    async loseWorkers(model, maxStalled = 3) {
      for (const id of await admin.lrange(`${keys.queue(model)}:active`, 0, -1)) await admin.del(`${keys.queue(model)}:${id}:lock`);
      return asList(await context.run("recover", [maxStalled, model])).map(String);
    },
    move: async (model) =>
      asList(await context.run("move", [model, 0]))
        .slice(0, 3)
        .map(Number),
    reap: async (owner = "test") => Number(asList(await context.run("reap", [owner, 500]))[0]),
    async depth(model) {
      const queue = keys.queue(model);
      const [wait, prioritized, delayed, active] = await Promise.all([
        admin.llen(`${queue}:wait`),
        admin.zcard(`${queue}:prioritized`),
        admin.zcard(`${queue}:delayed`),
        admin.llen(`${queue}:active`),
      ]);
      return wait + prioritized + delayed + active;
    },
    record: (id) => admin.hgetall(keys.record(id)),
    async stats() {
      const raw = await admin.hgetall(keys.stats);
      const ended = endedOf(raw);
      const sums = {
        ...sumBy(ended, ({ state }) => state),
        ...sumBy(ended, ({ state, model }) => (state === "completed" ? `model:${model}` : undefined)),
      };
      return { ...raw, ...Object.fromEntries(Object.entries(sums).map(([key, sum]) => [key, String(sum)])) };
    },
    async now() {
      const [seconds, micros] = await admin.time();
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
  return fixture;
}

/** Every key of the namespace with what it holds, to compare before and after. */
export async function keyspace({ admin, keys }: Pick<QueueFixture, "admin" | "keys">): Promise<Record<string, unknown>> {
  const names: string[] = [];
  for await (const batch of admin.scanStream({ match: `${keys.prefix}:*`, count: 1_000 }) as AsyncIterable<string[]>) names.push(...batch);
  const entries = await Promise.all(
    [...new Set(names)].toSorted().map(async (name) => [name.slice(keys.prefix.length + 1), await read(admin, name)] as const),
  );
  return Object.fromEntries(entries);
}

async function read(admin: Redis, key: string): Promise<unknown> {
  switch (await admin.type(key)) {
    case "string":
      return admin.get(key);
    case "hash":
      return admin.hgetall(key);
    case "list":
      return admin.lrange(key, 0, -1);
    case "set":
      return (await admin.smembers(key)).toSorted();
    case "zset":
      return admin.zrange(key, 0, "-1", "WITHSCORES");
    default:
      return admin.xrange(key, "-", "+");
  }
}
