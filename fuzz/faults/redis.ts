import { setTimeout as delay } from "node:timers/promises";
import type { ProxyMode } from "../lib/proxy.ts";
import { withFree } from "./busy.ts";
import type { Inject } from "./index.ts";

/** Longer than a worker's lock, for a single process, ms. */
const longMs = [6_800, 8_500] as const;

export const redisKill: Inject = async ({ world, random, begin }) => {
  begin("redis", "all");
  await world.redis.kill9();
  world.note({ name: "redis", role: "redis", what: "killed" });
  await delay(random.int(50, 2_000));
  await world.redis.restart();
  world.note({ name: "redis", role: "redis", what: "started" });
};

/** The way to Redis fails for everybody, or for one process: then, now and then, for longer than a lock lives. */
export function proxyFault(mode: ProxyMode, everybodyMs: readonly [number, number]): Inject {
  return async ({ world, random, round, begin }) => {
    const all = [...world.workers, ...world.producers];
    const everybody = random.chance(0.5);
    const [target] = random.shuffle(all);
    if (!target) return;
    const struck = everybody ? all : [target];
    const isLong = !everybody && (mode === "stall" || mode === "half-open" || mode === "cut") && round % 2 === 0;
    begin(everybody ? "everybody" : target.name, everybody ? "all" : "some");
    for (const { proxy } of struck) proxy.set(mode);
    await delay(random.int(...(isLong ? longMs : everybodyMs)));
    for (const { proxy } of struck) proxy.set("pass");
  };
}

/** A little less than a worker waits for an answer before it takes its connection for dead, ms. */
const lateMs = [1_800, 2_600] as const;

/** A worker gets its answers late, so grants of jobs that have ended meanwhile, or of a model whose breaker has opened meanwhile. */
export const lateGrants: Inject = ({ world, random, begin }) =>
  withFree(world.workers, random, async ({ name, proxy }) => {
    const busiest = [...world.simulators.values()].filter(({ model }) => model === "alpha" || model === "beta");
    await withFree(busiest, random, async (server) => {
      begin(name, "some");
      proxy.set("stall-replies");
      await delay(200);
      await server.control({ outage: "reset" });
      await delay(random.int(...lateMs) - 200);
      proxy.set("pass");
      await delay(150);
      await server.control({ outage: null });
    });
  });
