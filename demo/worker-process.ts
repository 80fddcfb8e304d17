import { freePort } from "@llm-router/service-kit";
import { startProgram, type Program } from "./program.ts";

const script = new URL("../apps/worker/src/main.ts", import.meta.url);

export interface WorkerProcess extends AsyncDisposable {
  readonly program: Program;
  /** The sum over all models of one of its counters or gauges, such as `active_runs`. */
  metric(name: string): Promise<number>;
}

/**
 * Starts a worker as a user would (`node apps/worker/src/main.ts`); REDIS_URL, LLMR_NAMESPACE and LLMR_CONFIG are taken
 * from this process's environment.
 * @throws Error with the worker's own message, such as REDIS_POLICY.
 */
export async function startWorkerProcess(name: string): Promise<WorkerProcess> {
  const port = await freePort();
  // A short grace period: what is under way when the demo is interrupted is of no use to anybody.
  const env = { WORKER_PORT: String(port), SHUTDOWN_GRACE_MS: "1000", LOG_LEVEL: "info" };
  const program = await startProgram({ name, script, env, ready: /"msg":"worker ready"/ });
  return {
    program,
    async metric(metric) {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      const samples = (await response.text()).matchAll(new RegExp(`^llmr_worker_${metric}\\{[^}]*\\} (\\S+)$`, "gm"));
      return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    [Symbol.asyncDispose]: () => program.stop(),
  };
}
