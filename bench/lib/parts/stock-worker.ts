import { Worker } from "bullmq";
import { runPart } from "../run-part.ts";
import { answer, keepCompleted, type Setup, stockOptions, stockQueue } from "../setup.ts";

await runPart(async ({ port, concurrency }: Setup) => {
  const worker = new Worker(stockQueue, async () => ({ content: answer }), {
    ...stockOptions(port),
    concurrency,
    removeOnComplete: { count: keepCompleted },
  });
  worker.on("error", (error) => console.error(`stock-worker: ${error.message}`));
  await worker.waitUntilReady();
  return { tasks: {}, close: () => worker.close(true) };
});
