import { randomUUID } from "node:crypto";
import { RouterError } from "./errors.ts";

// Ids never look like integers and never hold ":": BullMQ gives both another meaning.
const requestId = /^([A-Za-z][A-Za-z0-9_-]{0,63})\.[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const clientId = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** A name for a client process that no other has: `c` and 80 random bits. */
export function newClientId(): string {
  return `c${randomUUID().replaceAll("-", "").slice(-20)}`;
}

/**
 * A new request's id, `<clientId>.<uuidv7>`: it says who waits for the answer, and sorts by time.
 * @throws {RouterError} INVALID_REQUEST when `client` is not a client's id.
 */
export function newRequestId(client: string, nowMs = Date.now()): string {
  if (!clientId.test(client))
    throw new RouterError(
      "INVALID_REQUEST",
      `${JSON.stringify(client.slice(0, 80))} is not a client's id (a letter, then up to 63 letters, digits, "_" or "-").`,
    );
  return `${client}.${uuidv7(nowMs)}`;
}

/** RFC 9562 version 7: 48 bits of milliseconds, then random ones. */
export function uuidv7(nowMs = Date.now()): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, "0");
  // A random version 4 UUID already has the variant bits and the randomness; the time and the version take its front.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

export function isRequestId(value: unknown): value is string {
  return typeof value === "string" && requestId.test(value);
}

/**
 * The client that chose a request's id.
 * @throws {RouterError} INVALID_REQUEST when `id` is not a request's id.
 */
export function clientIdOf(id: string): string {
  const client = requestId.exec(id)?.[1];
  if (client === undefined)
    throw new RouterError("INVALID_REQUEST", `${JSON.stringify(id.slice(0, 120))} is not a request's id (<clientId>.<uuidv7>).`);
  return client;
}

/** When a request's id was made, ms since the epoch on its client's clock; undefined for what is no request's id. */
export function requestTime(id: string): number | undefined {
  if (!isRequestId(id)) return undefined;
  const uuid = id.slice(id.indexOf(".") + 1).replaceAll("-", "");
  return Number.parseInt(uuid.slice(0, 12), 16);
}
