import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * What happens to bytes between a process and Redis.
 * - `pass`: nothing.
 * - `cut`: connections are destroyed, new ones too.
 * - `stall`: no byte moves; what was held back goes on afterwards.
 * - `stall-replies`: commands arrive and are carried out, answers are held back; they go on afterwards.
 * - `stall-news`: the same, but only on connections that subscribe to something.
 * - `delay`: each piece goes `delayMs` late.
 * - `half-open`: bytes vanish both ways and nobody is told; afterwards the connections are destroyed.
 * - `lose-replies`: commands arrive and are carried out, answers vanish; afterwards the connections are destroyed.
 */
export type ProxyMode = "pass" | "cut" | "stall" | "stall-replies" | "stall-news" | "delay" | "half-open" | "lose-replies";

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
  readonly #ways: [commands: Way, replies: Way];
  #closed = false;
  #subscribes = false;

  constructor(client: Socket, redis: Socket, mode: () => ProxyMode) {
    this.#client = client;
    this.#redis = redis;
    this.#mode = mode;
    const holdsReplies = (): boolean => mode() === "stall-replies" || (mode() === "stall-news" && this.#subscribes);
    this.#ways = [new Way(client, redis, mode, "command", () => false), new Way(redis, client, mode, "reply", holdsReplies)];
    client.on("data", (piece: Buffer) => {
      this.#subscribes ||= piece.includes("subscribe");
    });
    for (const socket of [client, redis]) {
      socket.on("error", () => undefined); // "close" follows
      socket.on("close", () => this.#end());
    }
  }

  /** Lets what was held back go on, as far as the mode allows now. */
  release(): void {
    for (const way of this.#ways) way.pump();
  }

  destroy(): void {
    this.#closed = true;
    this.#client.destroy();
    this.#redis.destroy();
    this.onClose();
  }

  /** One side has closed: the other is told, except while nobody is told anything. */
  #end(): void {
    if (this.#closed) return;
    const mode = this.#mode();
    if (mode === "half-open" || mode === "stall" || mode === "stall-replies" || mode === "stall-news") return;
    this.destroy();
  }
}

/** One direction of a connection. Whatever happens, no piece overtakes another. */
class Way {
  readonly #to: Socket;
  readonly #mode: () => ProxyMode;
  readonly #what: "command" | "reply";
  readonly #isHeld: () => boolean;
  readonly #held: { piece: Buffer; notBefore: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, mode: () => ProxyMode, what: "command" | "reply", isHeld: () => boolean) {
    this.#isHeld = isHeld;
    this.#to = to;
    this.#mode = mode;
    this.#what = what;
    from.on("data", (piece) => this.#take(piece));
    from.on("close", () => clearTimeout(this.#timer));
  }

  #take(piece: Buffer): void {
    const mode = this.#mode();
    if (mode === "half-open" || (mode === "lose-replies" && this.#what === "reply")) return;
    this.#held.push({ piece, notBefore: mode === "delay" ? performance.now() + delayMs : 0 });
    this.pump();
  }

  pump(): void {
    clearTimeout(this.#timer);
    for (let next = this.#held[0]; next; next = this.#held[0]) {
      const mode = this.#mode();
      if (mode === "stall" || this.#isHeld()) return;
      const waitMs = next.notBefore - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        return;
      }
      this.#held.shift();
      if (this.#to.writable) this.#to.write(next.piece);
    }
  }
}
