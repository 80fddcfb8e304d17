import type { Redis } from "ioredis";

/** CPU time of this process so far, µs. */
export function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU time of a Redis server so far, µs. */
export async function redisCpuUs(redis: Redis): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, value]) => Number(value));
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000_000;
}

/** What `work` cost each of `meters`, µs in all. */
export async function cpuOf<K extends string, T>(
  meters: Record<K, () => Promise<number>>,
  work: () => Promise<T>,
): Promise<{ value: T; cpuUs: Record<K, number> }> {
  const names = Object.keys(meters) as K[];
  const before = await Promise.all(names.map((name) => meters[name]()));
  const value = await work();
  const after = await Promise.all(names.map((name) => meters[name]()));
  return { value, cpuUs: Object.fromEntries(names.map((name, i) => [name, (after[i] ?? 0) - (before[i] ?? 0)])) as Record<K, number> };
}
