import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { apiKeyName, apiKeySchema } from "./config-gateway.ts";

/** An API key as it is kept in Redis: what the configuration says of one, and when it was made. */
export const apiKeyRecord = apiKeySchema.extend({
  /** ms since the epoch. */
  createdAt: z.number().optional(),
});

export interface ApiKey extends z.output<typeof apiKeyRecord> {
  /** Its name, in the configuration or in Redis. */
  id: string;
}

const mark = "sk-llmr-";
const secretLength = 43; // 32 bytes in base64url

/** A new key for this id. It is shown once; only its hash is kept. */
export function newApiKey(id: string): { key: string; hash: string } {
  const key = `${mark}${apiKeyName.parse(id)}-${randomBytes(32).toString("base64url")}`;
  return { key, hash: hashApiKey(key) };
}

/** The id that a key made by {@link newApiKey} carries; undefined for any other text. */
export function apiKeyId(key: string): string | undefined {
  const end = key.length - secretLength - 1;
  if (!key.startsWith(mark) || end <= mark.length || key[end] !== "-") return undefined;
  const id = key.slice(mark.length, end);
  return apiKeyName.safeParse(id).success ? id : undefined;
}

/**
 * `sha256:` and the SHA-256 of a key. A key has 256 random bits, so that a slow hash, as for passwords, would add nothing.
 */
export function hashApiKey(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

/** Whether two hashes are the same, in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
