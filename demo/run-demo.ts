import type { Client } from "@llm-router/client";
import { audit, type Trail } from "./audit.ts";
import { simulatedModels } from "./models.ts";
import type { Narrator } from "./narrator.ts";
import { buildStage, type Stage } from "./stage.ts";
import { askRealModels, type Scene, showCache, showOutage, showRefusals, showWorkerLoss } from "./story.ts";
import { type Summary, summarise } from "./summary.ts";
import { type Entry, readPrompts, Traffic } from "./traffic.ts";

export interface DemoOptions {
  narrator: Narrator;
  /** Gets what ends everything that is started. */
  cleanUp: AsyncDisposableStack;
  /** Whether OpenAI may be asked. */
  real: boolean;
}

/** Requests under way at once. */
const atOnce = 24;

/** Plays the whole story, then counts. @throws Error when a step does not happen. */
export async function runDemo({ narrator, cleanUp, real }: DemoOptions): Promise<Summary> {
  const stage = await buildStage(cleanUp, narrator, { real });
  const startedAt = await redisTime(stage);
  const beganAfterMs = narrator.elapsedMs();
  const pids = new Set(pidsOf(stage));
  const prompts = readPrompts();
  const traffic = new Traffic(stage.client, prompts);
  const scene: Scene = { stage, traffic, narrator };

  traffic.start(atOnce);
  narrator.say(`${prompts.length} prompts from demo/prompts.txt are sent over and over in four classes, ${atOnce} at once.`);
  askRealModels(scene);
  await showCache(scene);
  await showOutage(scene);
  for (const pid of pidsOf(stage)) pids.add(pid);
  await showRefusals(scene);
  await showWorkerLoss(scene);
  await traffic.stop();
  narrator.say("No more requests are sent, and every one has ended. Now the books are compared.");

  const [trails, calls, stats] = await Promise.all([
    readTrails(stage.client, traffic.entries),
    Promise.all(Object.values(stage.servers).map((server) => server.calls())),
    stage.client.getStats(),
  ]);
  return summarise({
    entries: traffic.entries,
    audit: audit(trails, calls.flat()),
    stats,
    models: [
      ...simulatedModels.map(({ name }) => ({ name, simulated: true })),
      ...stage.real.map(({ name }) => ({ name, simulated: false })),
    ],
    breakerChanges: stage.breakers.changes,
    startedAt: startedAt - beganAfterMs,
    workersKilled: 1,
    durationMs: narrator.elapsedMs(),
    pids: [...pids],
  });
}

async function redisTime({ redis }: Stage): Promise<number> {
  const [seconds, microseconds] = await redis.admin.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

function pidsOf({ servers, workers }: Stage): number[] {
  return [...Object.values(servers).map(({ pid }) => pid), ...workers.map(({ program }) => program.pid)];
}

async function readTrails(client: Client, entries: readonly Entry[]): Promise<Trail[]> {
  const settled = entries.flatMap(({ job, outcome, endedAt = 0 }) => (job && outcome ? [{ id: job.id, outcome, endedAt }] : []));
  return Promise.all(settled.map(async (trail) => ({ ...trail, history: await client.attach(trail.id).history() })));
}
