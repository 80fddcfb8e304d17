import type { DispatchReply } from "@llm-router/job-queue";
import { type CacheFound, isServedBy } from "./cache-lookup.ts";
import { type CachePlan, mayAnswer } from "./cache-plan.ts";
import type { Connection } from "./connection.ts";

/**
 * Notes whether a submission was answered from the exact cache, and counts one that was not answered from the cache, by reason. What the
 * semantic tier was asked for is counted where it answers.
 */
export function noteCache(connection: Connection, plan: CachePlan, found: CacheFound, reply: DispatchReply): void {
  const isMiss = reply.kind === "placed" || (reply.kind === "refused" && reply.code === "CACHE_MISS");
  if (mayAnswer(plan)) connection.hitShare.note(isServedBy(reply, "exact"));
  const isCountedThere = found.semantic !== undefined || (found.skip !== undefined && found.skip !== "exact-only");
  if (!isMiss || !plan.config.enabled || isCountedThere) return;
  const reason = plan.skip ?? found.skip ?? (plan.mode === "refresh" ? "refresh" : "not-stored");
  connection.cacheCounters.add({ [`miss:${reason}`]: 1 });
}
