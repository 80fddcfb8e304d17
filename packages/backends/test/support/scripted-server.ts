import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface SeenCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface ScriptedServer extends AsyncDisposable {
  url: string;
  calls: SeenCall[];
  /** TCP connections accepted so far. */
  connections(): number;
}

/** An HTTP server whose every answer is written by the test, byte by byte. */
export async function startScriptedServer(answer: (response: ServerResponse, call: SeenCall) => void): Promise<ScriptedServer> {
  const calls: SeenCall[] = [];
  let connections = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const raw = await text(request);
    const call: SeenCall = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: raw === "" ? {} : (JSON.parse(raw) as Record<string, unknown>),
    };
    calls.push(call);
    answer(response, call);
  };
  const server = createServer((request, response) => void serve(request, response).catch((error: Error) => response.destroy(error)));
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A JSON line of Ollama's stream. */
export const line = (value: object): string => `${JSON.stringify({ model: "m", ...value })}\n`;
/** An event of OpenAI's stream. */
export const event = (value: object | "[DONE]"): string => `data: ${value === "[DONE]" ? value : JSON.stringify(value)}\n\n`;
export const chunk = (delta: object, finishReason: string | null = null): string =>
  event({ id: "c", choices: [{ index: 0, delta, finish_reason: finishReason }] });
