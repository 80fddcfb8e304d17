import { connectRedis, type Decision, ModelWorker, type ModelWorkerOptions, type Run } from "../src/index.ts";
import { openQueues, success } from "./queue-fixture.ts";

export const completed = (run: Run): Decision => ({ mode: "complete", json: success(run.id), breaker: "ok", runMs: 1, note: "{}" });

/** Whether a reply of the fetch script gives this job. */
export function grantsJob(reply: unknown, id: string): boolean {
  return Array.isArray(reply) && reply.some((grant) => Array.isArray(grant) && grant[1] === id);
}

/** A ModelWorker with connections of its own, as another process would have. `await using` closes it. */
export async function startWorker(
  access: Parameters<typeof openQueues>[0],
  options: Partial<ModelWorkerOptions> & Pick<ModelWorkerOptions, "model" | "process">,
): Promise<AsyncDisposable & { worker: ModelWorker; errors: Error[] }> {
  const queues = await openQueues(access);
  const errors: Error[] = [];
  const worker = new ModelWorker({
    context: queues.context,
    blocking: connectRedis({ url: access.url }, "blocking"),
    concurrency: 10,
    workerId: "w1",
    onFinished: () => undefined,
    onError: (error) => errors.push(error),
    ...options,
  });
  return {
    worker,
    errors,
    async [Symbol.asyncDispose]() {
      await worker.close();
      await queues[Symbol.asyncDispose]();
    },
  };
}
