import { fileURLToPath } from "node:url";
import { type Program, startProgram } from "./program.ts";
import { requirePort } from "./require-port.ts";

export interface StartedWorker {
  program: Program;
  /** Of /healthz, /readyz and /metrics. */
  url: string | undefined;
}

const cliMain = fileURLToPath(new URL("../main.ts", import.meta.url));

/**
 * Starts worker processes, which read this process's environment.
 * @param port Of the first one; each next has the next one. 0: none has.
 * @throws {RouterError} PORT_IN_USE naming WORKER_PORT.
 */
export async function startWorkers(count: number, port: number, parts: AsyncDisposableStack): Promise<StartedWorker[]> {
  const ports = Array.from({ length: count }, (_, index) => (port === 0 ? 0 : port + index));
  for (const one of ports) await requirePort(one, "WORKER_PORT");
  return Promise.all(
    ports.map(async (one, index) => {
      const program = parts.use(
        await startProgram({
          name: `worker ${index + 1}`,
          script: cliMain,
          args: ["worker"],
          env: { WORKER_PORT: String(one), LOG_LEVEL: "info" },
          ready: /"msg":"worker ready"/,
        }),
      );
      const { url } = JSON.parse(program.readyLine) as { url?: string };
      return { program, url };
    }),
  );
}
