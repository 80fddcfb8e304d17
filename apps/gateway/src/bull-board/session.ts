import { createHmac } from "node:crypto";
import { type ApiKey, sameHash } from "@llm-router/contracts";
import type { KeyRing } from "../keys/key-ring.ts";

/** How long a login holds, ms. */
export const sessionMs = 12 * 3_600_000;

/**
 * What a browser keeps instead of the key: who logged in, until when, and a code that only those who know the key's hash can
 * make. Every gateway can check it, and it ends with its key.
 */
export function newSession({ id, hash }: ApiKey, now = Date.now()): string {
  const until = now + sessionMs;
  return `${id}.${until}.${codeOf(id, until, hash)}`;
}

/** The admin key of a session that holds. */
export async function sessionKey(keys: KeyRing, session: string, now = Date.now()): Promise<ApiKey | undefined> {
  const [, id = "", untilText = "", code = ""] = /^(.+)\.(\d+)\.([0-9a-f]{64})$/.exec(session) ?? [];
  const until = Number(untilText);
  if (id === "" || until <= now) return undefined;
  const key = await keys.byId(id);
  return key?.admin && sameHash(codeOf(id, until, key.hash), code) ? key : undefined;
}

function codeOf(id: string, until: number, hash: string): string {
  return createHmac("sha256", hash).update(`board ${id} ${until}`).digest("hex");
}
