import type { BackendHealth } from "@llm-router/contracts";
import { scrub, thrownText } from "./scrub.ts";

/** Times a health check and turns what it throws into its answer. `check` returns what is wrong, if anything is. */
export async function measureHealth(check: () => Promise<string | undefined>): Promise<BackendHealth> {
  const start = performance.now();
  const message = await check().catch((error: unknown) => scrub(thrownText(error)));
  const latencyMs = Math.round(performance.now() - start);
  return message === undefined ? { ok: true, latencyMs } : { ok: false, latencyMs, message };
}
