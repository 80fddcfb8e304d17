import { BackendError } from "@llm-router/contracts";
import { Agent, type Dispatcher, interceptors } from "undici";
import { classifyResponse, classifyThrown, type FailureScope } from "./classify.ts";
import { type Asked, Exchange } from "./exchange.ts";

/** How long the rest of a finished answer may take to arrive before its connection is given up rather than reused. */
const drainMs = 250;
/** As fetch does it: a server that moved is followed, its key goes to no other origin. */
const maxRedirections = 20;
const redirects = new Set([301, 302, 303, 307, 308]);

/** One HTTP call of a provider's client library. */
export interface HttpCall {
  /**
   * For the library: obeys the call's signal, whatever the library does with its own, and throws a BackendError for every error.
   * What it gives is as much of a Response as the libraries read (`ok`, `status`, `headers`, a body with a reader): Node's streams of
   * fetch cost as much as all the rest of a call.
   */
  fetch: typeof globalThis.fetch;
  /** Without a library: sends JSON. @throws {BackendError} */
  post(url: URL, headers: Record<string, string>, body: string): Promise<void>;
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
  const connections: Connections = { agent, following: agent.compose(interceptors.redirect({ maxRedirections })), moved: false };
  const closing = new AbortController();
  const { baseUrl, headers } = splitCredentials(url);

  return {
    closing: closing.signal,
    baseUrl,
    headers,
    call: (signal, scope, inspector) => createCall(connections, signal, scope, inspector),
    async getJson(path, extraHeaders, signal, scope) {
      const asked: Asked = { url: new URL(`${baseUrl}${path}`), method: "GET", headers: { ...headers, ...extraHeaders }, signal };
      const answer = await send(connections, asked, scope);
      try {
        return JSON.parse(await answer.text());
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

interface Connections {
  agent: Agent;
  /** The same, for a server that moved: what follows it looks at every answer. */
  following: Dispatcher;
  moved: boolean;
}

/** @throws {BackendError} also for an answer that is an error. */
async function send(connections: Connections, asked: Asked, scope: FailureScope): Promise<Exchange> {
  try {
    let answer = await Exchange.open(connections.moved ? connections.following : connections.agent, asked);
    if (redirects.has(answer.status) && !connections.moved) {
      answer.cut();
      connections.moved = true;
      answer = await Exchange.open(connections.following, asked);
    }
    const { status, headers } = answer;
    if (status >= 200 && status < 300) return answer;
    const get = (name: string) => headers[name]?.toString() ?? null;
    throw classifyResponse({ status, headers: { get }, body: await answer.text() }, scope);
  } catch (error) {
    throw BackendError.is(error) ? error : classifyThrown(error, scope);
  }
}

const noHeaders = new Headers();

function createCall(connections: Connections, signal: AbortSignal, scope: FailureScope, inspector?: BodyInspector): HttpCall {
  let failure: BackendError | undefined;
  let answer: Exchange | undefined;

  const read = async (): Promise<Uint8Array | undefined> => {
    const bytes = await answer?.read();
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
  const open = async (asked: Omit<Asked, "signal">): Promise<Exchange> => {
    answer = await send(connections, { ...asked, signal }, scope).catch((error: BackendError) => {
      failure = error;
      throw error;
    });
    return answer;
  };
  const fetch = async (url: string, { method = "GET", headers, body }: LibraryInit): Promise<object> => {
    const { status } = await open({
      url: new URL(url),
      method,
      headers: headers instanceof Headers ? Object.fromEntries(headers) : headers,
      ...(body !== undefined && { body }),
    });
    return { ok: true, status, headers: noHeaders, body: { getReader: () => reader } };
  };

  return {
    fetch: fetch as unknown as typeof globalThis.fetch,
    post: async (url, headers, body) => void (await open({ url, method: "POST", headers, body })),
    read,
    failure: () => failure,
    begun: () => answer !== undefined,
    drain() {
      if (answer) void readToEnd(answer);
    },
  };
}

/** What the libraries hand to fetch, as far as it is used. */
interface LibraryInit {
  method?: Dispatcher.HttpMethod;
  headers: Record<string, string> | Headers;
  body?: string;
}

async function readToEnd(answer: Exchange): Promise<void> {
  const timer = setTimeout(() => answer.cut(), drainMs);
  try {
    while (await answer.read());
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
