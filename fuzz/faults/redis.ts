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
    const all = [...world.workers, ...world.producers, ...world.gateways];
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
const lateMs = [2_400, 2_700] as const;

/** News may be later than answers: they come by another connection, ms. */
const newsLateMs = 400;

/** A worker gets its answers late, and what it was granted meanwhile is cancelled before it knows of it. */
export const lateGrants: Inject = ({ world, random, begin }) =>
  withFree(world.workers, random, async ({ name, proxy }) => {
    begin(name, "some");
    proxy.set("stall-replies");
    await delay(700);
    const active = await world.watch.activeIds();
    await delay(700);
    // What is with a worker for so long is with the one that does not know of it, or with one that is as badly off.
    const stuck = (await world.watch.activeIds()).filter((id) => active.includes(id));
    for (const id of stuck) world.producers[0]?.send({ do: "cancel", id });
    await delay(random.int(...lateMs) - 1_400);
    proxy.set("stall-news");
    await delay(newsLateMs);
    proxy.set("pass");
  });
