import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";

/** A namespace that nothing else uses. */
export function newNamespace(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** Deletes every key of the namespace, and no other. */
export async function removeNamespace(admin: Redis, namespace: string): Promise<void> {
  for await (const keys of admin.scanStream({ match: `{${namespace}}:*`, count: 1_000 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await admin.unlink(...keys);
  }
}
