import { BackendError } from "@llm-router/contracts";
import { Agent, type Dispatcher, interceptors, request } from "undici";
import { classifyResponse, classifyThrown, type FailureScope } from "./classify.ts";

/** How long the rest of a finished answer may take to arrive before its connection is given up rather than reused. */
const drainMs = 250;
/** As fetch does it: a server that moved is followed, its key goes to no other origin. */
const maxRedirections = 20;

/** One HTTP call of a provider's client library. */
export interface HttpCall {
  /**
   * For the library: obeys the call's signal, whatever the library does with its own, and throws a BackendError for every error.
   * What it gives is as much of a Response as the libraries read (`ok`, `status`, `headers`, a body with a reader): Node's streams of
   * fetch cost as much as all the rest of a call.
   */
  fetch: typeof globalThis.fetch;
  /** The body's next bytes; undefined: it has ended. Stopping to read does not cut the connection. */
  read(): Promise<Uint8Array | undefined>;
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
 * headers or between chunks, which a long queue before a model exceeds; limits are set by withTimeouts.
 */
export function createHttpBackend(url: string): HttpBackend {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections }));
  const closing = new AbortController();
  const { baseUrl, headers } = splitCredentials(url);

  return {
    closing: closing.signal,
    baseUrl,
    headers,
    call: (signal, scope, inspector) => createCall(dispatcher, signal, scope, inspector),
    async getJson(path, extraHeaders, signal, scope) {
      const { body } = await send(dispatcher, `${baseUrl}${path}`, { headers: { ...headers, ...extraHeaders }, signal }, scope);
      try {
        return await body.json();
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

type Sent = Omit<Dispatcher.RequestOptions, "origin" | "path" | "method"> & { method?: Dispatcher.HttpMethod };

/** @throws {BackendError} also for an answer that is an error. */
async function send(dispatcher: Dispatcher, url: string, sent: Sent, scope: FailureScope): Promise<Dispatcher.ResponseData> {
  try {
    const response = await request(url, { ...sent, dispatcher });
    const { statusCode: status, headers, body } = response;
    if (status >= 200 && status < 300) return response;
    const get = (name: string) => headers[name]?.toString() ?? null;
    throw classifyResponse({ status, headers: { get }, body: await body.text() }, scope);
  } catch (error) {
    throw BackendError.is(error) ? error : classifyThrown(error, scope);
  }
}

const noHeaders = new Headers();

function createCall(dispatcher: Dispatcher, signal: AbortSignal, scope: FailureScope, inspector?: BodyInspector): HttpCall {
  let failure: BackendError | undefined;
  let body: Dispatcher.ResponseData["body"] | undefined;
  let chunks: AsyncIterator<Uint8Array> | undefined;

  const next = async (): Promise<Uint8Array | undefined> => {
    chunks ??= body?.[Symbol.asyncIterator]();
    const step = await chunks?.next();
    return step?.done === false ? step.value : undefined;
  };
  const read = async (): Promise<Uint8Array | undefined> => {
    const bytes = await next();
    if (bytes) inspector?.chunk(bytes);
    else inspector?.end();
    return bytes;
  };
  const reader = {
    async read() {
      const value = await read();
      return { done: value === undefined, value };
    },
    releaseLock: () => undefined,
  };
  const fetch = async (url: string, init: LibraryInit): Promise<object> => {
    const { method = "GET", headers, body: text = null } = init;
    const response = await send(dispatcher, url, { method, headers, body: text, signal }, scope).catch((error: BackendError) => {
      failure = error;
      throw error;
    });
    body = response.body;
    return { ok: true, status: response.statusCode, headers: noHeaders, body: { getReader: () => reader } };
  };

  return {
    fetch: fetch as unknown as typeof globalThis.fetch,
    read,
    failure: () => failure,
    begun: () => body !== undefined,
    drain() {
      if (body) void readToEnd(body, next);
    },
  };
}

/** What the libraries hand to fetch, as far as it is used. */
interface LibraryInit {
  method?: Dispatcher.HttpMethod;
  headers: Record<string, string> | Headers;
  body?: string;
}

async function readToEnd(body: Dispatcher.ResponseData["body"], next: () => Promise<Uint8Array | undefined>): Promise<void> {
  const timer = setTimeout(() => body.destroy(), drainMs);
  try {
    while (await next());
  } catch {
    // The answer is complete; how its connection ends is of no interest.
  } finally {
    clearTimeout(timer);
  }
}

/** Credentials in the URL become a header. */
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
