import type { Event } from "@llm-router/contracts";

/** A whole answer. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export interface GatewayCall {
  /** Which gateway, from 0. */
  gateway: number;
  path: string;
  method?: "GET" | "POST" | "DELETE";
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** How reading events came to an end: nothing was `left` to read, the gateway `ended` it or said why it could not go on, or the connection broke. */
type ReadEnd = { how: "left" | "ended" | "broken" } | { how: "error"; answer: Answer };

/** The gateways' HTTP, as a caller with some addresses and no library uses it. */
export class GatewayDoor {
  readonly #ports: readonly number[];

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** The run's name of it. */
  nameOf(gateway: number): string {
    return `g${(gateway % this.#ports.length) + 1}`;
  }

  /** Undefined: the connection broke, or the caller hung up, before there was a whole answer. */
  async ask(call: GatewayCall): Promise<Answer | undefined> {
    try {
      const response = await this.#fetch(call);
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
    } catch (error) {
      if (isBroken(error)) return undefined;
      throw error;
    }
  }

  /** Reads a job's events after `from`; `onEvent` returns false to hang up. */
  async readEvents(call: Omit<GatewayCall, "path">, id: string, from: number, onEvent: (event: Event) => boolean): Promise<ReadEnd> {
    const hangUp = new AbortController();
    const headers = { ...call.headers, ...(from > 0 && { "last-event-id": String(from) }) };
    try {
      const response = await this.#fetch({ ...call, headers, path: `/v1/jobs/${id}/events`, signal: hangUp.signal });
      if (response.status === 204) return { how: "left" };
      if (!response.ok || !response.body)
        return { how: "error", answer: { status: response.status, body: (await response.json()) as Record<string, unknown> } };
      let rest = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          // A comment only says that the gateway is still there.
          if (data === undefined) continue;
          if (block.startsWith("event: error"))
            return { how: "error", answer: { status: 200, body: JSON.parse(data) as Record<string, unknown> } };
          if (!onEvent(JSON.parse(data) as Event)) return { how: "broken" };
        }
      }
      return { how: "ended" };
    } catch (error) {
      if (isBroken(error)) return { how: "broken" };
      throw error;
    } finally {
      hangUp.abort();
    }
  }

  #fetch({ gateway, path, method = "GET", body, headers, signal }: GatewayCall): Promise<Response> {
    const port = this.#ports[gateway % this.#ports.length] ?? 0;
    return fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  }
}

/** fetch says every trouble of a connection as a TypeError, and hanging up as one of two DOMExceptions. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && (error.name === "AbortError" || error.name === "TimeoutError"));
}
