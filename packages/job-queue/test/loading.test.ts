import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { connectRedis, whenReady } from "../src/index.ts";

/** A Redis that says, the first time it is asked, that it needs an hour more to load its data, and then that it is done. */
async function startLoadingRedis(): Promise<AsyncDisposable & { url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (piece) => {
      for (const command of piece
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        if (!/\r\ninfo\r\n/i.test(command)) {
          socket.write("+OK\r\n");
          continue;
        }
        asked += 1;
        const info = asked === 1 ? "loading:1\r\nloading_eta_seconds:3600\r\n" : "loading:0\r\n";
        socket.write(`$${info.length}\r\n${info}\r\n`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

test("a Redis that still loads its data is asked again soon, whatever it says how long it will take", async () => {
  await using server = await startLoadingRedis();
  const redis = connectRedis({ url: server.url }, "commands");
  try {
    await whenReady(redis, 3_000);
    expect(server.asked()).toBe(2);
  } finally {
    redis.disconnect();
  }
});
