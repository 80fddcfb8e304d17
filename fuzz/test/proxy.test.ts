import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Proxy } from "../lib/proxy.ts";

interface Echo extends AsyncDisposable {
  port: number;
  received: string[];
}

/** Answers each piece with itself. */
async function startEcho(): Promise<Echo> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (piece) => {
      received.push(piece.toString());
      socket.write(piece);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function dial(proxy: Proxy): Promise<Socket> {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const answer = async (socket: Socket): Promise<string> => String((await once(socket, "data"))[0]);

test("passes bytes, holds them back while stalled, and lets them go on afterwards", async () => {
  await using echo = await startEcho();
  await using proxy = await Proxy.start(echo.port);
  const socket = await dial(proxy);
  socket.write("a");
  expect(await answer(socket)).toBe("a");
  proxy.set("stall");
  socket.write("b");
  const held = answer(socket);
  proxy.set("pass");
  expect(await held).toBe("b");
  socket.destroy();
});

test("loses the answers and not the commands, and destroys the connection afterwards", async () => {
  await using echo = await startEcho();
  await using proxy = await Proxy.start(echo.port);
  const socket = await dial(proxy);
  socket.write("a");
  await answer(socket);
  let answered = false;
  socket.on("data", () => (answered = true));
  proxy.set("lose-replies");
  socket.write("b");
  while (echo.received.length < 2) await new Promise(setImmediate);
  const closed = once(socket, "close");
  proxy.set("pass");
  await closed;
  expect({ answered, received: echo.received }).toEqual({ answered: false, received: ["a", "b"] });
});

test("cuts connections, old and new", async () => {
  await using echo = await startEcho();
  await using proxy = await Proxy.start(echo.port);
  const socket = await dial(proxy);
  const closed = once(socket, "close");
  proxy.set("cut");
  await closed;
  const late = await dial(proxy);
  await once(late, "close");
  expect(echo.received).toEqual([]);
});

test("keeps the order of bytes when a delay ends while some are still under way", async () => {
  await using echo = await startEcho();
  await using proxy = await Proxy.start(echo.port);
  const socket = await dial(proxy);
  let text = "";
  const all = new Promise<void>((resolve) => {
    socket.on("data", (piece) => {
      text += String(piece);
      if (text.length === 3) resolve();
    });
  });
  proxy.set("delay");
  socket.write("a");
  while (socket.bytesWritten < 1) await new Promise(setImmediate);
  // The proxy has it when a second connection, which came later, is served.
  (await dial(proxy)).destroy();
  proxy.set("stall");
  proxy.set("pass");
  socket.write("b");
  socket.write("c");
  await all;
  expect(text).toBe("abc");
  socket.destroy();
});
