import { setTimeout as delay } from "node:timers/promises";
import { withFree } from "./busy.ts";
import type { Inject } from "./index.ts";

/** Longer than a worker's lock, so that its jobs are taken over meanwhile, ms. */
const longStopMs = [6_800, 8_500] as const;
const maxWorkers = 4;
const minWorkers = 2;

export const workerKill: Inject = ({ world, random, begin }) =>
  withFree(world.workers, random, async (worker) => {
    begin(worker.name);
    await worker.kill9();
    await delay(random.int(100, 1_500));
    await worker.start();
  });

export const workerStop: Inject = ({ world, random, round, begin }) =>
  withFree(world.workers, random, async (worker) => {
    begin(worker.name);
    worker.stop();
    await delay(round % 2 === 0 ? random.int(...longStopMs) : random.int(300, 3_000));
    worker.continue();
  });

export const producerKill: Inject = ({ world, random, begin }) =>
  withFree(world.producers, random, async (producer) => {
    begin(producer.name);
    await producer.kill9();
    await delay(random.int(50, 500));
    await producer.start();
  });

export const producerStop: Inject = ({ world, random, begin }) =>
  withFree(world.producers, random, async (producer) => {
    begin(producer.name);
    producer.stop();
    await delay(random.int(300, 4_000));
    producer.continue();
  });

export const workerAdd: Inject = async ({ world, random, begin }) => {
  if (world.workers.length >= maxWorkers) await removeOne({ world, random });
  begin("a new worker");
  await world.addWorker();
};

export const workerRemove: Inject = async ({ world, random, begin }) => {
  if (world.workers.length <= minWorkers) await world.addWorker();
  begin("a worker");
  await removeOne({ world, random });
};

function removeOne({ world, random }: Pick<Parameters<Inject>[0], "world" | "random">): Promise<void> {
  return withFree(world.workers, random, (worker) => world.removeWorker(worker));
}

/** A worker is restarted with a configuration that replaces the one in Redis. */
export const configChange: Inject = ({ world, random, begin }) =>
  withFree(world.workers, random, async (worker) => {
    world.variant = world.variant === "a" ? "b" : "a";
    begin(`configuration ${world.variant} by ${worker.name}`);
    await worker.terminate();
    await worker.start();
  });
