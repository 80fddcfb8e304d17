import { freePort } from "@llm-router/service-kit";
import type { CallRecord } from "@llm-router/simulator";
import type { LoggedCall } from "./audit.ts";
import { answerTokens, type SimulatedModel } from "./models.ts";
import { type Program, startProgram } from "./program.ts";

const script = new URL("../apps/simulator/src/main.ts", import.meta.url);

/** The server of a simulated model, in a process of its own. */
export interface ModelServer extends AsyncDisposable {
  readonly model: SimulatedModel;
  readonly url: string;
  readonly pid: number;
  /** Reads the call log, which dies with the process, and kills that. */
  kill9(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** The calls of all its lives. A killed life's last moment may be missing. */
  calls(): Promise<LoggedCall[]>;
}

export async function startModelServer(model: SimulatedModel): Promise<ModelServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const earlierCalls: LoggedCall[] = [];
  const start = () =>
    startProgram({
      name: `the simulator of ${model.name}`,
      script,
      args: argsFor(model, port),
      ready: /^simulator listening on (\S+)$/,
    });
  const readCalls = async (): Promise<LoggedCall[]> => {
    const calls = (await (await fetch(`${url}/calls`)).json()) as CallRecord[];
    return calls.map(({ requestId, receivedAt, outcome }) => ({
      requestId,
      server: model.name,
      receivedAt,
      finished: outcome === "completed",
    }));
  };
  let program: Program = await start();
  return {
    model,
    url,
    get pid() {
      return program.pid;
    },
    async kill9() {
      earlierCalls.push(...(await readCalls()));
      await program.kill9();
    },
    async restart() {
      program = await start();
    },
    calls: async () => [...earlierCalls, ...(await readCalls())],
    [Symbol.asyncDispose]: () => program.stop(),
  };
}

function argsFor({ model, latencyMs, tokensPerSecond }: SimulatedModel, port: number): string[] {
  const options = { port, models: model, "latency-ms": latencyMs, "tokens-per-second": tokensPerSecond, tokens: answerTokens };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
