import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface TcpProxy extends AsyncDisposable {
  url: string;
  /** Cuts every connection. */
  cut(): void;
  /** Connections that are there, and new ones, stay open and carry nothing. */
  freeze(): void;
  /** New connections carry again; those that were frozen stay so, as after a firewall that forgot them. */
  thaw(): void;
  /** Of the next command that has `text` in it, the reply is dropped; then the connection is cut, or everything frozen. Resolves when that was done. */
  loseReplyTo(text: string, andThen?: "cut" | "freeze"): Promise<void>;
  /** Keeps back what Redis says to the connection of the next command that has `text` in it. `held` resolves when its reply is here. */
  holdReplyTo(text: string): { held: Promise<void>; release: () => void };
}

interface Link {
  client: Socket;
  server: Socket;
  carries: boolean;
}

/** Stands between a client and Redis, and breaks what is between them. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  let frozen = false;
  let losing: { text: string; then: (link: Link) => void } | undefined;
  let holding: { text: string; take: (chunk: Buffer, client: Socket) => void } | undefined;

  const drop = (link: Link) => {
    links.delete(link);
    link.client.destroy();
    link.server.destroy();
  };
  const proxy = createServer((client) => {
    const link: Link = { client, server: connect(Number(port), hostname), carries: !frozen };
    links.add(link);
    let onReply: ((link: Link) => void) | undefined;
    let hold: ((chunk: Buffer, client: Socket) => void) | undefined;
    client.on("data", (chunk) => {
      if (holding && chunk.includes(holding.text)) {
        hold = holding.take;
        holding = undefined;
      }
      if (losing && chunk.includes(losing.text)) {
        onReply = losing.then;
        losing = undefined;
      }
      if (link.carries) link.server.write(chunk);
    });
    link.server.on("data", (chunk) => {
      if (onReply) onReply(link);
      else if (hold) hold(chunk, client);
      else if (link.carries) client.write(chunk);
    });
    for (const socket of [client, link.server]) socket.on("error", () => undefined).on("close", () => drop(link));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const freeze = () => {
    frozen = true;
    for (const link of links) link.carries = false;
  };
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut: () => links.forEach(drop),
    freeze,
    thaw() {
      frozen = false;
    },
    loseReplyTo: (text, andThen = "cut") =>
      new Promise((resolve) => {
        const then = (link: Link) => {
          if (andThen === "cut") drop(link);
          else freeze();
          resolve();
        };
        losing = { text, then };
      }),
    holdReplyTo(text) {
      const kept: { chunk: Buffer; client: Socket }[] = [];
      const { promise: held, resolve } = Promise.withResolvers<void>();
      let isHeld = true;
      holding = {
        text,
        take(chunk, client) {
          resolve();
          if (isHeld) kept.push({ chunk, client });
          else client.write(chunk);
        },
      };
      const release = () => {
        isHeld = false;
        for (const { chunk, client } of kept) client.write(chunk);
      };
      return { held, release };
    },
    async [Symbol.asyncDispose]() {
      links.forEach(drop);
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
