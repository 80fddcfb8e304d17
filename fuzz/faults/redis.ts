import { setTimeout as delay } from "node:timers/promises";
import type { ProxyMode } from "../lib/proxy.ts";
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

/**
 * The way to Redis fails for everybody, or for one process: then, now and then, for longer than a lock lives. Every
 * other stall is one of a worker that gets no answers for so long, while what it asks for is done.
 */
export function proxyFault(mode: ProxyMode, everybodyMs: readonly [number, number]): Inject {
  return async ({ world, random, round, begin }) => {
    const [worker] = random.shuffle(world.workers);
    const [anybody] = random.shuffle([...world.workers, ...world.producers]);
    const isLateGrant = mode === "stall" && round % 2 === 0;
    const everybody = random.chance(0.5) && !isLateGrant;
    const target = isLateGrant ? worker : anybody;
    if (!target) return;
    const struck = everybody ? [...world.workers, ...world.producers] : [target];
    const isLong = !everybody && (mode === "stall" || mode === "half-open" || mode === "cut") && round % 2 === 0;
    begin(everybody ? "everybody" : target.name, everybody ? "all" : "some");
    for (const { proxy } of struck) proxy.set(isLateGrant ? "stall-replies" : mode);
    await delay(random.int(...(isLong ? longMs : everybodyMs)));
    for (const { proxy } of struck) proxy.set("pass");
  };
}
