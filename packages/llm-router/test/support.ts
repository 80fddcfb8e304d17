import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { LLMRouter, type LLMRouterOptions, type Request, type Result, RouterError } from "llm-router";
import { eventually, type RedisAccess } from "@llm-router/testkit";
import { createLogger } from "@llm-router/service-kit";

/** Nothing of the machine's environment: no other namespace, no other Redis. */
const env = {};

/** A router in the test's namespace. Its warnings are of no interest here. */
export function newRouter(redis: RedisAccess, options: LLMRouterOptions = {}): LLMRouter {
  return new LLMRouter({
    redis: redis.url,
    namespace: redis.namespace,
    env,
    logger: createLogger({ name: "test", level: "silent" }),
    shutdownGraceMs: 2_000,
    ...options,
  });
}

/** The error that a promise rejects with, as ours. */
export async function errorOf(work: Promise<unknown>): Promise<RouterError> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (caught: unknown) => caught,
  );
  if (!RouterError.is(error)) throw error;
  return error;
}

/** What a call throws at once. */
export function thrownBy(work: () => unknown): RouterError {
  try {
    work();
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error("it did not throw");
}

/** Asks once; what fails gives its code instead of a result. */
export async function ask(router: LLMRouter, request: Request): Promise<Result | string> {
  return router.generate(request).catch((error: unknown) => {
    if (RouterError.is(error)) return error.code;
    throw error;
  });
}

interface SeenCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface RecordingServer extends AsyncDisposable {
  url: string;
  /** Calls of the model, oldest first; health checks are not among them. */
  calls: SeenCall[];
}

/** An Ollama and OpenAI server that keeps what it was sent, and answers "ok", or refuses with an error that repeats the key. */
export async function startRecordingServer({ refuses = false } = {}): Promise<RecordingServer> {
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      if (request.method === "POST") {
        calls.push({ path, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown> });
      }
      if (refuses) {
        const key = request.headers.authorization;
        const error = { message: `Incorrect API key provided: ${key?.slice(7)}. (${key})`, code: "invalid_api_key" };
        response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      } else if (path.startsWith("/v1/")) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const choice = { index: 0, delta: { content: "ok" }, finish_reason: "stop" };
        response.end(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [choice] })}\n\ndata: [DONE]\n\n`);
      } else if (request.method === "POST") {
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        const end = { done: true, done_reason: "stop", prompt_eval_count: 1, eval_count: 1 };
        response.end(`${JSON.stringify({ response: "ok", message: { role: "assistant", content: "ok" }, ...end })}\n`);
      } else {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ version: "0", models: [], data: [] }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Resolves once the exact cache holds so many answers: they are put there after they were delivered. */
export async function untilCached({ admin, namespace }: RedisAccess, count: number): Promise<void> {
  await eventually(async () => {
    const size = await admin.zcard(`{${namespace}}:x`);
    if (size !== count) throw new Error(`the cache holds ${size} answers, not ${count}`);
  });
}
