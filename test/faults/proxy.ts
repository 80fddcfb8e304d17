import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a process and Redis. `await using` ends it. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /**
   * Answers of the next connection that sends `text` are lost from then on: Redis carries out what it is told, and nobody hears
   * of it. Resolves when the text has passed.
   */
  loseAnswersAfter(text: string): Promise<void>;
  /** Destroys every connection; new ones are let in. */
  cut(): void;
  /** From now on no byte moves on the connections that are open, and nobody is told. New ones work. */
  silence(): void;
}

interface Link {
  client: Socket;
  redis: Socket;
  /** The end of what the client sent, since a text may come in two pieces. */
  tail: string;
  mute: boolean;
  silent: boolean;
}

/** Starts a TCP proxy on a free port in front of a port of this machine. */
export async function startProxy(port: number): Promise<Proxy> {
  const links = new Set<Link>();
  let trap: { text: string; sprung: () => void } | undefined;

  function watch(link: Link, piece: Buffer): void {
    link.tail = (link.tail + piece.toString("latin1")).slice(-65_536);
    if (!trap || !link.tail.includes(trap.text)) return;
    link.mute = true;
    trap.sprung();
    trap = undefined;
  }
  const server = createServer({ noDelay: true }, (client) => {
    const redis = connect({ port, host: "127.0.0.1", noDelay: true });
    const link: Link = { client, redis, tail: "", mute: false, silent: false };
    links.add(link);
    client.on("data", (piece) => {
      if (link.silent) return;
      watch(link, piece);
      redis.write(piece);
    });
    redis.on("data", (piece) => {
      if (!link.mute && !link.silent) client.write(piece);
    });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      socket.on("error", () => undefined); // "close" follows
      socket.on("close", () => {
        links.delete(link);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  function cut(): void {
    for (const { client } of links) client.destroy();
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswersAfter: (text) =>
      new Promise((resolve) => {
        trap = { text, sprung: resolve };
      }),
    cut,
    silence() {
      for (const link of links) link.silent = true;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}
