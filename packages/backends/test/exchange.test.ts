import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { Exchange } from "../src/exchange.ts";
import { createHttpBackend } from "../src/http.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const agent = new Agent();
afterAll(() => agent.destroy());

async function open(url: string, signal = new AbortController().signal): Promise<Exchange> {
  return Exchange.open(agent, { url: new URL(url), method: "GET", headers: {}, signal });
}

const scope = { server: "The server", model: "m", notFoundFix: "", secrets: [] };
const { signal: never } = new AbortController();

test("an answer that nobody reads holds its server back, and comes whole when somebody does", async () => {
  const size = 32 * 1_048_576;
  let sent = false;
  const url = await serve(({ url: path }, response) => {
    if (path === "/other") response.end();
    else response.once("finish", () => (sent = true)).end("x".repeat(size));
  });
  const answer = await open(url);
  // All of it would have come meanwhile.
  for (let i = 0; i < 300; i++) await (await open(`${url}/other`)).text();
  expect(sent).toBe(false);
  expect((await answer.text()).length).toBe(size);
});

test("what comes before the head of an answer is not its head", async () => {
  const url = await serve((_, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.end("here");
  });
  const answer = await open(url);
  expect([answer.status, await answer.text(), await answer.read()]).toEqual([200, "here", undefined]);
});

test("an abort ends a reading that waits, with its reason", async () => {
  const caller = new AbortController();
  const url = await serve((_, response) => response.write("begun"));
  const answer = await open(url, caller.signal);
  await answer.read();
  const reading = answer.read();
  const reason = new Error("the caller left");
  caller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  await expect(open(url, caller.signal)).rejects.toBe(reason);
});

test("a server that moved is followed, and from then on at once; the key goes to no other origin", async () => {
  const keys: (string | undefined)[] = [];
  let asked = 0;
  const there = await serve(({ headers }, response) => {
    keys.push(headers.authorization);
    response.end('{"ok":true}');
  });
  const here = await serve((_, response) => {
    asked += 1;
    response.writeHead(307, { location: `${there}/moved` }).end();
  });
  const http = createHttpBackend(here);
  onTestFinished(() => http.close());
  for (const calls of [2, 3]) {
    expect(await http.getJson("/models", { authorization: "Bearer secret" }, never, scope)).toEqual({ ok: true });
    expect(asked).toBe(calls);
  }
  expect(keys).toEqual([undefined, undefined]);
});
