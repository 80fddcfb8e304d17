import { setTimeout as delay } from "node:timers/promises";
import type { Proxy, ProxyMode } from "../lib/proxy.ts";
import type { World } from "../lib/world.ts";
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
    const everybody = random.chance(0.5);
    const all = proxies(world);
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

function proxies(world: World): { name: string; proxy: Proxy }[] {
  return [...world.workers, ...world.producers].map(({ name, proxy }) => ({ name, proxy }));
}
