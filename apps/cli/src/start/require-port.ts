import { RouterError } from "@llm-router/contracts";
import { freePort } from "@llm-router/service-kit";

/** @throws {RouterError} PORT_IN_USE naming the variable that changes it. */
export async function requirePort(port: number, variable: string): Promise<void> {
  if (port === 0 || (await freePort(port)) === port) return;
  throw new RouterError("PORT_IN_USE", `Port ${port} of 127.0.0.1 is taken; set ${variable} to a free one.`);
}
