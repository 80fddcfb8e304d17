import { ownCpuUs } from "./cpu.ts";
import type { PartMessage } from "./part.ts";
import type { Setup } from "./setup.ts";

interface Question {
  number: number;
  task: string;
  argument: unknown;
}

/** What a part can do, by name. Every part also tells `cpuUs`, `rss` and `heap` of itself. */
type Tasks = Record<string, (argument: never) => unknown>;

export interface Running {
  tasks: Tasks;
  close(): Promise<void>;
}

/** The main of a part: starts it with the setup that its parent gave, answers questions, and closes when the parent lets go or dies. */
export async function runPart(start: (setup: Setup) => Promise<Running>): Promise<void> {
  const orphaned = Promise.withResolvers<void>();
  process.once("disconnect", () => orphaned.resolve());
  const running = await start(JSON.parse(process.argv[2] ?? "{}") as Setup);
  process.on("message", (question: Question) => {
    void answer({ ...running.tasks, cpuUs: ownCpuUs, rss: ownRss, heap: ownHeap }, question).then(say);
  });
  say({ ready: true });
  await orphaned.promise;
  // A part that cannot close is of no use to anyone any more. The timer also holds the process until it has closed.
  setTimeout(() => process.exit(1), 5_000);
  await running.close();
  process.exit(0);
}

async function answer(tasks: Tasks, { number, task, argument }: Question): Promise<PartMessage> {
  try {
    return { number, answer: (await tasks[task]?.(argument as never)) ?? null };
  } catch (error) {
    return { number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function say(message: PartMessage): void {
  process.send?.(message);
}

/** Resident memory of this process, bytes. */
function ownRss(): number {
  return process.memoryUsage.rss();
}

/** What this process really holds: its heap after a collection, bytes. Takes `--expose-gc`. */
function ownHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
