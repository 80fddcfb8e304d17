// A reader that does not read: what it is owed is not kept for it, and after a while it is cut off.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { StreamWriter } from "../src/stream-writer.ts";

async function listen(handler: RequestListener) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function ask(port: number): Socket {
  return connect(port, "127.0.0.1")
    .on("error", () => undefined)
    .setEncoding("utf8");
}

test("a reader that never reads holds up nothing but itself, and is cut off", async () => {
  const part = "x".repeat(64 * 1024);
  const closed = Promise.withResolvers<{ parts: number; most: number }>();
  await using server = await listen((_request, response) => {
    void (async () => {
      using writer = new StreamWriter({ response, begin: () => undefined, keepAlive: () => "", unreadMs: 300 });
      let parts = 0;
      let most = 0;
      for (; !response.destroyed && parts < 10_000; parts += 1) {
        const room = writer.write(part);
        most = Math.max(most, response.writableLength);
        await room;
      }
      closed.resolve({ parts, most });
    })();
  });
  const socket = ask(server.port);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const { parts, most } = await closed.promise;
  // 640 MB were to be written. The system's own buffers take a few MB; the process holds one part and no more.
  expect(parts).toBeLessThan(2_000);
  expect(most).toBeLessThan(4 * part.length);
  socket.destroy();
});

test("a reader that reads slowly gets all of it", async () => {
  await using server = await listen((_request, response) => {
    void (async () => {
      using writer = new StreamWriter({ response, begin: () => undefined, keepAlive: () => "" });
      for (let i = 0; i < 400; i += 1) await writer.write(`${String(i).padStart(9, "0")}\n`.repeat(4_000));
      writer.end("end");
    })();
  });
  const socket = ask(server.port);
  socket.write("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  let length = 0;
  let tail = "";
  for await (const text of socket as AsyncIterable<string>) {
    length += text.length;
    tail = text.slice(-3);
  }
  expect(length).toBeGreaterThan(400 * 4_000 * 10);
  expect(tail).toBe("end");
});

test("a stream without news says that it is still there, and begins with that", async () => {
  const done = Promise.withResolvers<void>();
  await using server = await listen((_request, response) => {
    const begin = () => response.setHeader("content-type", "text/event-stream");
    void (async () => {
      using writer = new StreamWriter({ response, begin, keepAlive: () => ": still here\n\n", keepAliveMs: 10 });
      await done.promise;
      writer.end("data: end\n\n");
    })();
  });
  const response = await fetch(`http://127.0.0.1:${server.port}`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  let text = "";
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.startsWith(": still here\n\n: still here\n\n")) done.resolve();
  }
  expect(text).toMatch(/^(: still here\n\n){2,}data: end\n\n$/);
});
