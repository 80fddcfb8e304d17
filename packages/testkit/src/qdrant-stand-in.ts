import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createCollections, type Reply } from "./qdrant-collections.ts";

/** `hang`: takes requests and never answers. `down`: cuts every connection. `garbage`: answers 200 with something else. `error`: answers 500. */
export type StandInMode = "ok" | "hang" | "down" | "garbage" | "error";

export interface RecordedRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Of JSON; undefined without a body. */
  body: unknown;
  apiKey: string | undefined;
}

/** A server that speaks the part of Qdrant's REST interface which a vector store needs: it keeps the points and answers by brute force. */
export interface QdrantStandIn extends AsyncDisposable {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly requests: readonly RecordedRequest[];
  mode: StandInMode;
  /** Forgets all collections, as a server does that lost its disk. */
  reset(): void;
}

export interface QdrantStandInOptions {
  /** Requests without it are refused. */
  apiKey?: string;
}

export async function startQdrantStandIn({ apiKey }: QdrantStandInOptions = {}): Promise<QdrantStandIn> {
  const requests: RecordedRequest[] = [];
  let collections = createCollections();
  const standIn = { mode: "ok" as StandInMode };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const recorded: RecordedRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      body: text === "" ? undefined : JSON.parse(text),
      apiKey: request.headers["api-key"]?.toString(),
    };
    requests.push(recorded);
    if (standIn.mode === "hang") return;
    if (standIn.mode === "down") return void request.socket.destroy();
    send(response, answer(recorded));
  }

  function answer(recorded: RecordedRequest): Reply {
    if (standIn.mode === "garbage") return { status: 200, body: { result: { points: [{ id: 7, payload: "?" }] } } };
    if (standIn.mode === "error") return { status: 500, body: { status: { error: "Service internal error" } } };
    if (apiKey !== undefined && recorded.apiKey !== apiKey) return { status: 401, body: { status: { error: "Must provide an API key" } } };
    return collections(recorded);
  }

  const server = createServer((request, response) => {
    // A caller that leaves while it sends is nobody to answer.
    serve(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(standIn, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    reset() {
      collections = createCollections();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ time: 0, status: "ok", ...(body as object) }));
}
