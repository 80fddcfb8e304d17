import { appendFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { faults } from "../faults/index.ts";
import type { FaultLine, Line, RunLine } from "./history.ts";
import { readLines } from "./log-file.ts";
import { breaker, healthy, meteredRpm } from "./models.ts";
import { planFaults, type PlannedFault } from "./schedule.ts";
import { World } from "./world.ts";

export interface RunOptions {
  seed: number;
  minutes: number;
  fsync: "everysec" | "always";
  /** Requests that each producer has open at once (default 24). */
  lanes?: number;
  mutant?: string;
  /** Progress, for people. */
  say: (text: string) => void;
}

/** Faults wait until so many requests are open, but not longer than this, ms. */
const wantedInFlight = 20;
const patienceMs = 3_000;
/** Between two faults of the way to Redis, ms. */
const reconnectMs = 1_500;
/** After the last fault, for every request to end, ms. */
const drainMs = 60_000;

/** Runs load and faults, lets everything come to rest, and returns the history. */
export async function run(options: RunOptions): Promise<Line[]> {
  const { seed, minutes, fsync, say, mutant } = options;
  await using world = await World.start({ seed, fsync, workers: 3, gateways: 2, producers: 3, lanes: options.lanes ?? 24 });
  const at = Date.now();
  const loadMs = minutes * 60_000;
  say(`load and faults for ${Math.round(loadMs / 1_000)} s, seed ${seed}`);
  const injected = planFaults(seed, loadMs).map((fault) => ({ fault }));
  await playFaults(
    world,
    injected.map(({ fault }) => fault),
    at,
    say,
  );
  await delay(Math.max(at + loadMs - Date.now(), 0));
  const drainAt = Date.now();
  say("no more faults; waiting for every request to end");
  await drain(world, say);
  await world.watch.finish();
  const line: RunLine = {
    k: "run",
    seed,
    minutes,
    fsync,
    namespace: world.namespace,
    at,
    drainAt,
    endAt: Date.now(),
    rpm: { metered: meteredRpm },
    halfOpenProbes: breaker.halfOpenProbes,
    ...(mutant !== undefined && { mutant }),
  };
  return [line, ...world.logs.flatMap((path) => readLines(path))];
}

/** Each lane has its faults one after the other; those that strike a process or a model may last into the next. */
async function playFaults(world: World, planned: readonly PlannedFault[], startedAt: number, say: (text: string) => void): Promise<void> {
  const running = new Set<Promise<void>>();
  const exclusive = { tail: Promise.resolve() };
  for (const fault of planned) {
    await delay(Math.max(startedAt + fault.atMs - Date.now(), 0));
    const before = fault.lane === "redis" ? exclusive.tail : Promise.resolve();
    const work = before.then(() => playFault(world, fault, say));
    // Who was cut off is to be back before the next one strikes.
    if (fault.lane === "redis")
      exclusive.tail = work.then(
        () => delay(reconnectMs),
        () => undefined,
      );
    running.add(work);
    // One that failed stays, and ends the run below.
    void work.then(
      () => running.delete(work),
      () => undefined,
    );
  }
  await Promise.all(running);
}

async function playFault(world: World, { kind, random, round }: PlannedFault, say: (text: string) => void): Promise<void> {
  const until = Date.now() + patienceMs;
  while (world.watch.open < wantedInFlight && Date.now() < until) await delay(20);
  let line: FaultLine | undefined;
  const begin = (target: string, redisAway?: "all" | "some"): void => {
    line = { k: "fault", kind, target, at: Date.now(), endAt: 0, inFlight: world.watch.open, ...(redisAway && { redisAway }) };
  };
  await faults[kind]({ world, random, round, begin });
  if (!line) return;
  line.endAt = Date.now();
  world.log.write(line);
  say(`${kind.padEnd(24)} ${line.target}, ${line.endAt - line.at} ms, ${line.inFlight} in flight`);
}

/** Everything is well again: producers submit nothing more and wait for what they have. */
async function drain(world: World, say: (text: string) => void): Promise<void> {
  await Promise.all([...world.simulators.values()].map((server) => server.control({ outage: null, ...healthy })));
  const drained = Promise.all(world.producers.map((producer) => producer.drain())).then(() => true);
  const isDrained = await Promise.race([drained, delay(drainMs, false, { ref: false })]);
  const until = Date.now() + (isDrained ? drainMs : 5_000);
  // Requests of producers that are gone have nobody who waits for them, and a run may outlive its request a little.
  const isBusy = async (): Promise<boolean> => (await world.watch.openNow()) > 0 || (await world.watch.activeIds()).length > 0;
  while (Date.now() < until && (await isBusy())) await delay(50);
  if (!isDrained) say("some requests were not answered");
  await Promise.all(world.producers.map((producer) => producer.report()));
}

/** Saves a history. */
export function saveHistory(lines: readonly Line[], path: string): void {
  writeFileSync(path, "");
  for (let i = 0; i < lines.length; i += 1_000) {
    appendFileSync(
      path,
      lines
        .slice(i, i + 1_000)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
    );
  }
}
