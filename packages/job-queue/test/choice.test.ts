import { removeNamespace, redisTest } from "@llm-router/testkit";
import * as fc from "fast-check";
import { expect } from "vitest";
import { type Candidate, encodeCandidates } from "../src/index.ts";
import { choose, type ModelState } from "./choice-oracle.ts";
import { openQueues, queuesOn, type QueueFixture } from "./queue-fixture.ts";

const names = ["m0", "m1", "m2", "m3", "m4", "m5"] as const;
// Offsets in half seconds: the script runs some milliseconds after the state was written, and must not cross a border meanwhile.
const offset = fc.integer({ min: -4, max: 40 }).map((halves) => (halves === 0 ? 0 : halves * 500 + 250));

const setup = fc.record({
  known: fc.constantFrom(true, true, true, true, true, false),
  max: fc.integer({ min: 1, max: 12 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  serviceMs: fc.constantFrom(0, 40, 333, 5_000),
  worker: fc.constantFrom(30_000, 30_000, 30_000, 30_000, -1_000),
  hold: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: offset }),
  ru: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: offset }),
  breaker: fc.constantFrom("closed", "closed", "closed", "open", "half-open"),
  openedAgo: fc.integer({ min: 0, max: 3 }).map((seconds) => seconds * 1_000 + 500),
  recoveryMs: fc.constantFrom(1_000, 60_000),
  probes: fc.integer({ min: 1, max: 4 }),
  breakerEnabled: fc.constantFrom(true, true, true, false),
  paused: fc.constantFrom(false, false, false, false, true),
  active: fc.integer({ min: 0, max: 3 }),
  delayed: fc.integer({ min: 0, max: 2 }),
  /** Priorities of the waiting jobs. */
  waiting: fc.array(fc.constantFrom(500, 1_500, 2_500, 3_500), { maxLength: 7 }),
  /** How many jobs wait here, by class, that could go to the models named. */
  parked: fc.option(
    fc.record({
      classRank: fc.integer({ min: 0, max: 3 }),
      to: fc.subarray([...names], { minLength: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
    { nil: undefined, freq: 3 },
  ),
});
type Value<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Setup = Value<typeof setup> & { name: string };

const request = fc.record({
  classRank: fc.integer({ min: 0, max: 3 }),
  timeoutMs: fc.constantFrom(1_100, 10_100, 600_000, 600_000),
  candidates: fc.shuffledSubarray([...names], { minLength: 1 }).chain((models) =>
    fc.oneof(
      fc.constant(models.map((model, order): Candidate => ({ model, order, perDepth: 0, perWaitMs: 0 }))),
      // In no order: what comes first in the list need not be the cheapest.
      fc.tuple(
        ...models.map((model) => fc.integer({ min: 0, max: 9 }).map((order): Candidate => ({ model, order, perDepth: 0, perWaitMs: 0 }))),
      ),
      fc.tuple(
        ...models.map((model) =>
          fc.record({
            model: fc.constant(model),
            order: fc.integer({ min: 0, max: 3 }),
            perDepth: fc.constantFrom(0, 1, 0.5),
            perWaitMs: fc.constantFrom(0, 1, 0.01),
          }),
        ),
      ),
    ),
  ),
});
type Asked = Value<typeof request>;

const classShares = [100, 100, 90, 75];
const middle = [500, 1_500, 2_500, 3_500];

/** The wait shrinks by the milliseconds between the reading of the clock and the script. */
const withoutWait = (reason: string) => reason.replace(/^expected wait \d+/, "expected wait");

redisTest("for random states and candidates the script chooses, skips and refuses as the formula says", async ({ redis }) => {
  await using opened = await openQueues(redis);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(...names.map((name) => setup.map((one): Setup => ({ ...one, name })))), request, async (models, asked) => {
      const queues = queuesOn(opened.context.redis, { ...redis, namespace: `${redis.namespace}-${++run}` });
      const now = await queues.now();
      await Promise.all(models.map((model) => write(queues, model, now)));
      const stateAt = oracleStates(models, asked, now);
      const reply = await queues.place("c1.x", { ...asked, candidates: asked.candidates, priority: middle[asked.classRank] ?? 0 });
      if (reply.kind === "placed") {
        const choice = choose(asked.candidates, stateAt, reply.acceptedAt, asked.timeoutMs);
        const seen = choice.seen.find(({ model }) => model === reply.model);
        expect(reply.model).toBe(choice.model);
        expect({ depth: reply.depth, wait: reply.expectedWaitMs }).toEqual({ depth: (seen?.depth ?? NaN) + 1, wait: seen?.waitMs });
        const said = JSON.parse(`[${(await queues.record("c1.x"))["sk"] ?? ""}]`) as { model: string; reason: string }[];
        // Passed over are those before it at least; whoever comes after it need not be looked at.
        const passed = choice.seen
          .filter(({ model, kind }) => kind !== "ok" && model !== reply.model)
          .map(({ model, reason }) => ({ model, reason }));
        const before = asked.candidates.findIndex(({ model }) => model === reply.model);
        const must = passed.filter(({ model }) => asked.candidates.findIndex((candidate) => candidate.model === model) < before);
        const heard = said.map(({ model, reason }) => ({ model, reason }));
        expect(passed).toEqual(expect.arrayContaining(heard));
        expect(heard).toEqual(expect.arrayContaining(must));
      } else if (reply.kind === "refused") {
        const choice = choose(asked.candidates, stateAt, now, asked.timeoutMs);
        expect({ model: choice.model, code: reply.code }).toEqual({ model: undefined, code: choice.code });
        expect(reply.skipped.map(({ model, reason }) => [model, withoutWait(reason)])).toEqual(
          choice.seen.map(({ model, reason }) => [model, withoutWait(reason)]),
        );
        for (const { reason, retryAfterMs } of reply.skipped) {
          if (!/unknown|paused|no worker/.test(reason)) expect(retryAfterMs).toBeGreaterThan(0);
        }
      } else {
        expect.unreachable(reply.kind);
      }
      await removeNamespace(redis.admin, queues.keys.namespace);
    }),
    { numRuns: 150 },
  );
});

async function write(queues: QueueFixture, model: Setup, now: number): Promise<void> {
  const { admin, keys } = queues;
  if (!model.known) return;
  const { name, max, concurrency } = model;
  await queues.model(name, {
    maxQueueDepth: max,
    concurrency,
    breaker: { enabled: model.breakerEnabled, recoveryTimeoutMs: model.recoveryMs, halfOpenProbes: model.probes },
    alive: false,
  });
  const queue = keys.queue(name);
  const batch = admin.pipeline();
  batch.hset(keys.model(name), { wa: now + model.worker, svc: model.serviceMs, bs: model.breaker, bo: now - model.openedAgo, be: 1 });
  if (model.hold) batch.hset(keys.model(name), "hold", now + model.hold);
  if (model.ru) batch.hset(keys.model(name), "ru", now + model.ru);
  if (model.breaker !== "closed") batch.sadd(`${keys.prefix}:blocked`, name);
  if (model.paused) batch.hset(`${queue}:meta`, "paused", 1);
  for (let i = 0; i < model.active; i++) batch.lpush(`${queue}:active`, `active-${i}`);
  for (let i = 0; i < model.delayed; i++) batch.zadd(`${queue}:delayed`, (now + 60_000) * 4_096, `delayed-${i}`);
  model.waiting.forEach((priority, i) => batch.zadd(`${queue}:prioritized`, priority * 2 ** 32, `waiting-${i}`));
  if (model.parked) batch.hset(`${keys.prefix}:pk:${name}`, parkedField(model.parked), model.parked.count);
  await batch.exec();
}

function parkedField({ classRank, to }: NonNullable<Setup["parked"]>): string {
  return `${classRank}|${encodeCandidates(to.map((model, order) => ({ model, order, perDepth: 0, perWaitMs: 0 })))}`;
}

function oracleStates(models: readonly Setup[], { classRank }: Asked, now: number): Map<string, ModelState> {
  return new Map(
    models.map((model) => {
      const parked = models.filter(
        ({ known, breaker, name, parked: jobs }) =>
          known &&
          breaker !== "closed" &&
          name !== model.name &&
          jobs &&
          jobs.classRank <= classRank &&
          jobs.to.includes(model.name as (typeof names)[number]),
      );
      const state: ModelState = {
        known: model.known,
        limit: Math.ceil((model.max * (classShares[classRank] ?? 0)) / 100),
        concurrency: model.concurrency,
        serviceMs: model.serviceMs,
        workerUntil: now + model.worker,
        heldUntil: model.hold && now + model.hold,
        rateLimitedUntil: model.ru && now + model.ru,
        breaker: model.breaker,
        opensAgainAt: now - model.openedAgo + model.recoveryMs,
        halfOpenProbes: model.probes,
        breakerEnabled: model.breakerEnabled,
        paused: model.paused,
        active: model.active,
        waiting: model.waiting.length,
        delayed: model.delayed,
        ahead: model.waiting.filter((priority) => priority * 2 ** 32 < (middle[classRank] ?? 0) * 2 ** 32 + 1).length,
        parked: parked.reduce((sum, { parked: jobs }) => sum + (jobs?.count ?? 0), 0),
      };
      return [model.name, state];
    }),
  );
}
