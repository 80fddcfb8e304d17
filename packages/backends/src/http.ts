import { BackendError } from "@llm-router/contracts";
import { Agent, Response, fetch } from "undici";
import { classifyResponse, classifyThrown, type FailureScope } from "./classify.ts";

/** How long the rest of a finished answer may take to arrive before its connection is given up rather than reused. */
const drainMs = 250;

/** One HTTP call of a provider's client library. */
export interface HttpCall {
  /** For the library: obeys the call's signal, whatever the library does with its own, and throws a BackendError for every error. */
  fetch: typeof globalThis.fetch;
  /** What `fetch` threw: libraries wrap it in errors of their own. */
  failure(): BackendError | undefined;
  /** Whether an answer has begun to come. Its first bytes may be lost when the connection breaks right behind them. */
  begun(): boolean;
  /** After a complete answer: reads on to its very end, so that the connection can be used again, or gives it up. */
  drain(): void;
}

/** Sees a body's bytes before the library does; what it throws ends the body. */
export interface BodyInspector {
  chunk(bytes: Uint8Array): void;
  end(): void;
}

export interface HttpBackend {
  /** Without credentials. */
  baseUrl: string;
  /** What stood before the `@` of the baseUrl. */
  headers: Record<string, string>;
  /** Aborted by close(). */
  closing: AbortSignal;
  call(signal: AbortSignal, scope: FailureScope, inspector?: BodyInspector): HttpCall;
  /** @throws {BackendError} */
  getJson(path: string, headers: Record<string, string>, signal: AbortSignal, scope: FailureScope): Promise<unknown>;
  /** Ends the calls under way and closes the connections. */
  close(): Promise<void>;
}

/**
 * A provider's HTTP side: kept connections and no time limit of its own. Node's fetch gives up after 300 s without
 * headers or between chunks, which a long queue before a model exceeds; its limits hang on the dispatcher, and a
 * dispatcher fits only the fetch of its own undici version: hence the dependency. Limits are set by withTimeouts.
 */
export function createHttpBackend(url: string): HttpBackend {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const closing = new AbortController();
  const { baseUrl, headers } = splitCredentials(url);

  return {
    closing: closing.signal,
    baseUrl,
    headers,
    call: (signal, scope, inspector) => createCall(agent, signal, scope, inspector),
    async getJson(path, extraHeaders, signal, scope) {
      const call = createCall(agent, signal, scope);
      const response = await call.fetch(`${baseUrl}${path}`, { headers: { ...headers, ...extraHeaders } });
      try {
        return await response.json();
      } catch (error) {
        throw classifyThrown(error, scope, true);
      }
    },
    close: async () => {
      closing.abort();
      await agent.destroy();
    },
  };
}

function createCall(agent: Agent, signal: AbortSignal, scope: FailureScope, inspector?: BodyInspector): HttpCall {
  let failure: BackendError | undefined;
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;

  const send = async (url: string, init: Parameters<typeof fetch>[1]): Promise<Response> => {
    let response;
    try {
      response = await fetch(url, { ...init, signal, dispatcher: agent });
      if (!response.ok) throw classifyResponse({ status: response.status, headers: response.headers, body: await response.text() }, scope);
    } catch (error) {
      failure = BackendError.is(error) ? error : classifyThrown(error, scope);
      throw failure;
    }
    body = response.body?.getReader();
    return new Response(body ? handOver(body, inspector) : null, { status: response.status, headers: response.headers });
  };

  return {
    // The libraries are typed against Node's own fetch, which is this one in another version.
    fetch: send as unknown as typeof globalThis.fetch,
    failure: () => failure,
    begun: () => body !== undefined,
    drain() {
      if (body) void readToEnd(body);
    },
  };
}

/** The same bytes, but a library that stops reading (Ollama's after `done`, OpenAI's after `[DONE]`) does not cut the connection. */
function handOver(source: ReadableStreamDefaultReader<Uint8Array>, inspector?: BodyInspector): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.read();
        if (done) {
          inspector?.end();
          controller.close();
        } else {
          inspector?.chunk(value);
          controller.enqueue(value);
        }
      },
    },
    { highWaterMark: 0 },
  );
}

async function readToEnd(source: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const stop = (): void => void source.cancel().catch(() => undefined); // it had failed: nothing left to cancel
  const timer = setTimeout(stop, drainMs);
  try {
    while (!(await source.read()).done);
  } catch {
    // The answer is complete; how its connection ends is of no interest.
  } finally {
    clearTimeout(timer);
  }
}

/** fetch refuses URLs with credentials; they become a header. */
function splitCredentials(text: string): { baseUrl: string; headers: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const baseUrl = url.href.replace(/\/+$/, "");
  if (username === "") return { baseUrl, headers: {} };
  const token = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return { baseUrl, headers: { authorization: `Basic ${token}` } };
}
