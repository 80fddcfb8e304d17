import { eightProducers, threeClasses } from "./bounds.ts";
import { breakerWalk } from "./breaker-walk.ts";
import { fiftyProcesses } from "./equal-prompts.ts";
import { failingTarget, outages, targetKilled } from "./failing-target.ts";
import { failover } from "./failover.ts";
import { producerKilled, workerKilled, workerTerminated } from "./processes.ts";
import { redisAway } from "./redis-away.ts";
import { cancelled, expired, reattached } from "./requests.ts";
import type { Stage } from "./scenario.ts";

export type Figures = Record<string, unknown>;

export interface Limit {
  text: string;
  holds(value: unknown): boolean;
}

export interface Scenario {
  play(redis: Stage): Promise<Figures>;
  /** What must hold, by figure; on a machine that does nothing else. */
  limits: Record<string, Limit>;
}

const is = (expected: unknown): Limit => ({ text: JSON.stringify(expected), holds: (value) => value === expected });
const atMost = (limit: number): Limit => ({ text: `at most ${limit}`, holds: (value) => Number(value) <= limit });

/** Every scenario that has figures, by name. */
export const scenarios: Record<string, Scenario> = {
  "worker-killed": {
    play: workerKilled,
    limits: { answered: is(50), lost: is(0), duplicated: is(0), calledAgain: is(0), allAnsweredMs: atMost(15_000) },
  },
  "worker-terminated": { play: workerTerminated, limits: { answered: is(50), calls: is(50), exitCode: is(0) } },
  "producer-killed": { play: producerKilled, limits: { answered: is(10), cancelledByItsDeath: is(0) } },
  "redis-away": {
    play: redisAway,
    limits: { answered: is(200), lost: is(0), firstCallMs: atMost(3_000), worksAgain: is(true) },
  },
  failover: { play: failover, limits: { answered: is(150), lost: is(0), allAnsweredMs: atMost(10_000) } },
  ...Object.fromEntries(
    Object.entries(outages).map(([name, outage]): [string, Scenario] => [
      `target-${name.replaceAll(/ (bytes|a byte|after 10 tokens|with Retry-After 5)/g, "").replaceAll(" ", "-")}`,
      {
        play: (redis) => failingTarget(redis, outage),
        limits: { answered: is(200), brokenStreams: is(0), callsAtTheDeadModel: atMost(19), breakerNewsMs: atMost(100) },
      },
    ]),
  ),
  "target-killed": { play: targetKilled, limits: { answered: is(300), byTheFallback: is(300), deepest: atMost(5) } },
  "breaker-walk": {
    play: breakerWalk,
    limits: { states: is("closed open half-open closed"), failuresToOpen: is(5), mostProbes: is(1), successesToClose: is(3) },
  },
  "three-classes": {
    play: threeClasses,
    limits: { answered: is(500), inversions: is(0), tookMs: atMost(1.2 * (500 / 4) * 50) },
  },
  "eight-producers-depth-5": {
    play: async (redis) => {
      const { requests, answered, refused, calls, deepest } = await eightProducers(redis, 500, { maxQueueDepth: 5 });
      return { requests, answered, refused, calls, deepest, unaccounted: requests - answered - refused };
    },
    limits: { deepest: atMost(5), unaccounted: is(0) },
  },
  "eight-producers-rpm-60": {
    play: (redis) => eightProducers(redis, 10, { rpm: 60 }),
    limits: { answered: is(80), maxIn60s: atMost(60) },
  },
  "fifty-processes-ask": {
    play: fiftyProcesses,
    limits: {
      processes: is(50),
      answered: is(50),
      calls: is(1),
      answeredWarm: is(50),
      callsWarm: is(50),
      answeredTenants: is(50),
      callsTenants: is(2),
      distinctIds: is(150),
    },
  },
  cancelled: { play: cancelled, limits: { cancelled: is(20), abortMaxMs: atMost(200) } },
  expired: { play: expired, limits: { expired: is(3), lateMaxMs: atMost(1_000), callsSpared: is(true) } },
  reattached: { play: reattached, limits: { repeated: is(0), isWhole: is(true), calls: is(1) } },
};
