import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * What happens to bytes between a process and Redis.
 * - `pass`: nothing.
 * - `cut`: connections are destroyed, new ones too.
 * - `stall`: no byte moves; what was held back goes on afterwards.
 * - `stall-replies`: commands arrive and are carried out, answers are held back; they go on afterwards.
 * - `delay`: each piece goes `delayMs` late.
 * - `half-open`: bytes vanish both ways and nobody is told; afterwards the connections are destroyed.
 * - `lose-replies`: commands arrive and are carried out, answers vanish; afterwards the connections are destroyed.
 */
export type ProxyMode = "pass" | "cut" | "stall" | "stall-replies" | "delay" | "half-open" | "lose-replies";

const delayMs = 120;

/** A TCP proxy for one process, so that it can be cut off by itself. */
export class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #upstreamPort: number;
  readonly #links = new Set<Link>();
  #mode: ProxyMode = "pass";

  private constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(upstreamPort: number): Promise<Proxy> {
    const proxy = new Proxy(upstreamPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set(mode: ProxyMode): void {
    const before = this.#mode;
    this.#mode = mode;
    const lostBytes = before === "half-open" || before === "lose-replies";
    for (const link of this.#links) {
      if (mode === "cut" || lostBytes) link.destroy();
      else link.release();
    }
  }

  #accept(socket: Socket): void {
    if (this.#mode === "cut") {
      socket.destroy();
      return;
    }
    const link = new Link(socket, connect({ port: this.#upstreamPort, host: "127.0.0.1", noDelay: true }), () => this.#mode);
    this.#links.add(link);
    link.onClose = () => this.#links.delete(link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const link of this.#links) link.destroy();
    await once(this.#server, "close");
  }
}

/** One connection and its counterpart to Redis. */
class Link {
  onClose: () => void = () => undefined;
  readonly #client: Socket;
  readonly #redis: Socket;
  readonly #mode: () => ProxyMode;
  /** Pieces that may not go on yet, in order. */
  readonly #held: { send: () => void; what: "command" | "reply" }[] = [];
  #closed = false;

  constructor(client: Socket, redis: Socket, mode: () => ProxyMode) {
    this.#client = client;
    this.#redis = redis;
    this.#mode = mode;
    client.on("data", (piece) => this.#pass(piece, redis, "command"));
    redis.on("data", (piece) => this.#pass(piece, client, "reply"));
    for (const socket of [client, redis]) {
      socket.on("error", () => undefined); // "close" follows
      socket.on("close", () => this.#end());
    }
  }

  /** Lets what was held back go on. */
  release(): void {
    for (const { send, what } of this.#held.splice(0)) this.#forward(send, what);
  }

  destroy(): void {
    this.#closed = true;
    this.#client.destroy();
    this.#redis.destroy();
    this.onClose();
  }

  #pass(piece: Buffer, to: Socket, what: "command" | "reply"): void {
    const send = () => void (to.writable && to.write(piece));
    const mode = this.#mode();
    if (mode === "half-open" || (mode === "lose-replies" && what === "reply")) return;
    if (mode === "delay") setTimeout(() => this.#forward(send, what), delayMs);
    else this.#forward(send, what);
  }

  #forward(send: () => void, what: "command" | "reply"): void {
    const mode = this.#mode();
    if (mode === "stall" || (mode === "stall-replies" && what === "reply")) this.#held.push({ send, what });
    else send();
  }

  /** One side has closed: the other is told, except while nobody is told anything. */
  #end(): void {
    if (this.#closed) return;
    const mode = this.#mode();
    if (mode === "half-open" || mode === "stall" || mode === "stall-replies") return;
    this.destroy();
  }
}
