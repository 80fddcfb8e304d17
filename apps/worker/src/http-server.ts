import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RouterError } from "@llm-router/contracts";
import type { WorkerHandle } from "@llm-router/worker-runtime";
import type { WorkerMetrics } from "./metrics.ts";

export interface StatusServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves /healthz (the process lives), /readyz (it can take jobs) and /metrics.
 * @throws {RouterError} PORT_IN_USE naming WORKER_PORT.
 */
export async function startStatusServer(
  worker: WorkerHandle,
  { host, port, metrics }: { host: string; port: number; metrics: WorkerMetrics },
): Promise<StatusServer> {
  const server = createServer((request, response) => answer({ worker, metrics }, request, response));
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new RouterError("PORT_IN_USE", `Port ${port} of ${host} is taken; set WORKER_PORT to a free one, or unset it.`, { cause: error });
  }
  const { address, port: bound, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface Served {
  worker: WorkerHandle;
  metrics: WorkerMetrics;
}

function answer({ worker, metrics }: Served, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { error: "only GET" });
  if (path === "/healthz") return send(response, 200, { status: "ok", workerId: worker.workerId });
  if (path === "/readyz") {
    const { ready, reasons } = worker.readiness();
    return send(response, ready ? 200 : 503, { ready, reasons, models: worker.models() });
  }
  if (path !== "/metrics") return send(response, 404, { error: "there are /healthz, /readyz and /metrics" });
  metrics.read(worker).then(
    (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
    (error: unknown) => send(response, 500, { error: String(error) }),
  );
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
