import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { once } from "node:events";
import { performance } from "node:perf_hooks";

/** Chat completions of a server that speaks OpenAI's API, over connections that are kept. */
export interface ChatLoad extends Disposable {
  /**
   * One answer, whole, and its headers.
   * @param fields Of the body, beside model and messages.
   * @throws Error for any status but 200.
   */
  plain(prompt: string, fields?: object): Promise<IncomingHttpHeaders>;
  /** One streamed answer. */
  stream(prompt: string): Promise<StreamTimes>;
}

interface StreamTimes {
  /** From the request to the first token, ms. */
  firstTokenMs: number;
  tokens: number;
}

/** @param model The server's name of it. */
export function openChatLoad(url: string, model: string, connections: number): ChatLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  async function post(body: object): Promise<IncomingMessage> {
    const text = JSON.stringify({ model, ...body });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const call = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers });
    call.end(text);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    if (response.statusCode !== 200)
      throw new Error(`status ${response.statusCode}: ${(await response.setEncoding("utf8").toArray()).join("")}`);
    return response;
  }

  return {
    async plain(prompt, fields = {}) {
      const response = await post({ messages: [{ role: "user", content: prompt }], ...fields });
      response.resume();
      await once(response, "end");
      return response.headers;
    },
    async stream(prompt) {
      const startedAt = performance.now();
      const response = await post({ messages: [{ role: "user", content: prompt }], stream: true });
      const times: StreamTimes = { firstTokenMs: Number.NaN, tokens: 0 };
      // Each token has a chunk of its own, with these characters in it and in no other part.
      let rest = "";
      for await (const text of response.setEncoding("latin1") as AsyncIterable<string>) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (!line.includes('"content":"') || line.includes('"content":""')) continue;
          if (times.tokens === 0) times.firstTokenMs = performance.now() - startedAt;
          times.tokens += 1;
        }
      }
      return times;
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}
