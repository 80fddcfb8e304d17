import { fileURLToPath } from "node:url";
import { type Program, startProgram } from "./program.ts";
import { requirePort } from "./require-port.ts";

export interface StartedGateway {
  program: Program;
  url: string;
  /** Whether it answers those who show no API key. */
  isOpen: boolean;
}

const cliMain = fileURLToPath(new URL("../main.ts", import.meta.url));

/**
 * Starts a gateway process, which reads this process's environment.
 * @param port 0: a free one.
 * @throws {RouterError} PORT_IN_USE naming PORT.
 */
export async function startGatewayProgram(port: number, parts: AsyncDisposableStack): Promise<StartedGateway> {
  await requirePort(port, "PORT");
  const env = { PORT: String(port), LOG_LEVEL: "info" };
  const program = parts.use(
    await startProgram({ name: "gateway", script: cliMain, args: ["gateway"], env, ready: /"msg":"gateway ready"/ }),
  );
  const { url } = JSON.parse(program.readyLine) as { url: string };
  const { status } = await fetch(`${url}/v1/models`);
  return { program, url, isOpen: status !== 401 };
}
