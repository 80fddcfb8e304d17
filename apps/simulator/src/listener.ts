import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server that can leave its port and come back to it. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  #port: number;
  #change: Promise<void> = Promise.resolve();

  constructor({ host, port, onRequest }: { host: string; port: number; onRequest: RequestListener }) {
    this.#host = host;
    this.#port = port;
    // Clients keep idle connections; closing one just as a client uses it would look like an outage that nobody asked for.
    this.#server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, onRequest);
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${this.#port}`;
  }

  /** Opens the port, or closes it and cuts every connection. Changes happen one after the other. */
  set(state: "open" | "closed"): Promise<void> {
    const change = this.#change.then(() => this.#set(state));
    this.#change = change.catch(() => undefined); // the caller of the failed change is told; the next one starts afresh
    return change;
  }

  async #set(state: "open" | "closed"): Promise<void> {
    if (this.#server.listening === (state === "open")) return;
    if (state === "open") await this.#listen();
    else await this.#close();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: this.#host, port: this.#port, backlog: 4096 }, () => {
        this.#server.off("error", reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
