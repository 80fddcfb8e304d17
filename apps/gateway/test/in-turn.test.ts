import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import express, { type RequestHandler } from "express";
import { expect, onTestFinished, test } from "vitest";
import { inTurn } from "../src/in-turn.ts";

const burst = 30;
/** Six as they come, and six more at the end of that turn. */
const atFirst = 12;

const request = (connection: string) => `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`;

/** Sends a burst of requests in one write, so that all of them come in one turn; resolves when the connection has closed. */
async function sendBurst(handler: RequestHandler): Promise<void> {
  const app = express();
  app.use(inTurn());
  app.use(handler);
  const server = app.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").resume();
  socket.write(request("keep-alive").repeat(burst - 1) + request("close"));
  await once(socket, "close");
}

test("a few requests of a burst begin in a turn, and the first are answered before the last begins", async () => {
  const happened: string[] = [];
  let begun = 0;
  await sendBurst((_request, response) => {
    const number = begun++;
    happened.push(`begin ${number}`);
    setImmediate(() => {
      happened.push(`answer ${number}`);
      response.end();
    });
  });
  expect(begun).toBe(burst);
  expect(happened.indexOf("answer 0")).toBe(atFirst);
  expect(happened.at(-1)).toBe(`answer ${burst - 1}`);
});

test("a request whose caller left before its turn does not begin", async () => {
  let begun = 0;
  await sendBurst(({ socket }) => {
    begun += 1;
    socket.destroy();
  });
  expect(begun).toBe(atFirst);
});
