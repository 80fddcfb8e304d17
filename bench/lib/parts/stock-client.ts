import { Queue, QueueEvents } from "bullmq";
import { oneByOne, saturate, type Window } from "../load.ts";
import { runPart } from "../run-part.ts";
import { promptOf, type Setup, stockOptions, stockPriority, stockQueue } from "../setup.ts";

/** A wait whose event was missed ends as a failed call, and does not hold the bench. */
const waitMs = 20_000;

await runPart(async ({ port, promptBytes }: Setup) => {
  const queue = new Queue(stockQueue, stockOptions(port));
  const events = new QueueEvents(stockQueue, stockOptions(port));
  // Each wait listens for its own job.
  events.setMaxListeners(0);
  queue.setMaxListeners(0);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  const prompt = promptOf(promptBytes);
  const call = async () => {
    const job = await queue.add("generate", { request: { prompt } }, { priority: stockPriority });
    await job.waitUntilFinished(events, waitMs);
  };
  return {
    tasks: {
      oneByOne: (count: number) => oneByOne(call, count),
      saturate: (window: Window) => saturate(call, window),
    },
    async close() {
      await events.close();
      await queue.close();
    },
  };
});
