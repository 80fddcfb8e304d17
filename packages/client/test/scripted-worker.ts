import {
  breakerSchema,
  canonicalDefinition,
  createKeys,
  type ModelInput,
  modelSchema,
  type Outcome,
  type Usage,
} from "@llm-router/contracts";
import {
  appendDeltas,
  connectRedis,
  createQueueContext,
  type Decision,
  define,
  Maintenance,
  ModelWorker,
  type QueueContext,
  type Run,
  whenReady,
} from "@llm-router/job-queue";
import type { RedisAccess } from "@llm-router/testkit";

/** What a scripted model does with a run: its answer, after whatever it waits for. */
export type Script = (run: Run, say: (...texts: string[]) => Promise<void>) => Promise<string>;

export interface ScriptedWorker extends AsyncDisposable {
  context: QueueContext;
  /** Ids in the order in which their runs began. */
  runs: string[];
}

/** Characters of a streamed answer from which its outcome is told without it. */
export const cutFrom = 1_000;

const usage: Usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 };

/** A worker on the real queue core whose models are functions, so that the client is tested without the worker runtime. */
export async function startScriptedWorker(
  redis: RedisAccess,
  script: Script,
  models: Record<string, ModelInput> = { tiny: { provider: "custom", model: "tiny" } },
): Promise<ScriptedWorker> {
  const commands = connectRedis({ url: redis.url }, "commands");
  await whenReady(commands, 5_000);
  const context = createQueueContext(commands, createKeys(redis.namespace));
  const runs: string[] = [];
  const workers: ModelWorker[] = [];
  for (const [name, input] of Object.entries(models)) {
    const model = modelSchema.parse(input);
    const concurrency = model.concurrency ?? 16;
    const breaker = breakerSchema.parse({});
    await define(
      context,
      { field: `model:${name}`, json: canonicalDefinition(input), limits: { model, concurrency, breaker } },
      { holder: "test", apply: false },
    );
    workers.push(
      new ModelWorker({
        context,
        blocking: connectRedis({ url: redis.url }, "blocking"),
        model: name,
        concurrency,
        workerId: "test-worker",
        process: async (run) => {
          runs.push(run.id);
          return decide(context, run, script);
        },
        onFinished: () => undefined,
        onError: () => undefined,
      }),
    );
  }
  await context.run("beat", ["test-worker", 3_600_000, "{}", ...Object.keys(models)]);
  const maintenance = new Maintenance({ context, owner: "test-worker", onError: () => undefined });
  maintenance.startReaper();
  return {
    context,
    runs,
    async [Symbol.asyncDispose]() {
      for (const worker of workers) worker.abortAll("shutdown");
      await Promise.all(workers.map((worker) => worker.close()));
      await maintenance.close();
      commands.disconnect();
    },
  };
}

async function decide(context: QueueContext, run: Run, script: Script): Promise<Decision> {
  const say = async (...texts: string[]) => {
    if (run.streamed)
      await appendDeltas(
        context,
        run,
        texts.map((text) => ({ text })),
      );
  };
  try {
    const content = await script(run, say);
    if (run.abort.signal.aborted) return { mode: "drop", breaker: "none", runMs: 1, note: "aborted" };
    const outcome: Outcome = {
      state: "completed",
      id: run.id,
      result: {
        id: run.id,
        content,
        modelUsed: run.model,
        success: true,
        latencyMs: 1,
        waitMs: run.totalWaitMs,
        usage,
        finishReason: "stop",
        attempts: [],
        skipped: run.skipped,
        cached: false,
        coalesced: false,
      },
    };
    // As a worker does with an answer that is longer than those here need be.
    const told = run.streamed && content.length >= cutFrom ? { told: JSON.stringify(outcome).replace(content, "") } : {};
    return { mode: "complete", json: JSON.stringify(outcome), ...told, breaker: "ok", runMs: 1, note: "{}" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const outcome: Outcome = {
      state: "failed",
      id: run.id,
      error: { code: "PROVIDER_REJECTED", message, model: run.model },
      attempts: [],
      skipped: [],
      latencyMs: 1,
    };
    return { mode: "fail", json: JSON.stringify(outcome), breaker: "none", runMs: 1, note: message };
  }
}
