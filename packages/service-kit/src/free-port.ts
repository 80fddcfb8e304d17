import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that was free a moment ago. It lies below the range from which systems take ports for
 * outgoing connections and `listen(0)`, so that a server can come back on it after a while.
 * @param preferred Taken if it is free.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await canListen(preferred))) return preferred;
  for (let attempts = 0; attempts < 100; attempts++) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(port)) return port;
  }
  throw new Error("found no free port between 20000 and 32000 on 127.0.0.1");
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false; // taken, or not allowed: the caller tries another
  }
  server.close();
  await once(server, "close");
  return true;
}
