import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { RouterError } from "@llm-router/contracts";

/** Whether an address that a gateway listens on, or a host that a request names, is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/**
 * Without keys everybody on this machine may do everything, and a web page in a browser on it is not everybody: a page can
 * reach 127.0.0.1 under a name of its own (DNS rebinding), or send a form there. So the request must name this machine, and a
 * page of another origin may change nothing.
 * @throws {RouterError} FORBIDDEN.
 */
export function assertLocal(request: IncomingMessage): void {
  const { host = "" } = request.headers;
  if (!isLoopback(hostName(host))) {
    throw new RouterError(
      "FORBIDDEN",
      "Without API keys this gateway answers at localhost only, and the Host header names something else; make a key (npx llm-router keys create NAME) to use another name.",
    );
  }
  assertSameOrigin(request);
}

const ownSites = new Set(["same-origin", "none"]);

/** A browser says from which page a request that changes something comes. @throws {RouterError} FORBIDDEN. */
export function assertSameOrigin({ method, headers }: IncomingMessage): void {
  const { origin, host, "sec-fetch-site": site } = headers;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
  // Older browsers, and all of them over plain HTTP to another machine, say the origin only.
  const isOther = site === undefined ? origin !== undefined && origin.replace(/^https?:\/\//, "") !== host : !ownSites.has(site);
  if (isOther) throw new RouterError("FORBIDDEN", "A page of another origin may not send this.");
}

/** Without its port. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, "");
}
