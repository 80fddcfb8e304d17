import { type CacheConfig, type Request, semanticPrompt } from "@llm-router/contracts";
import type { DispatchReply } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

export interface AskedCache {
  request: Request;
  cache: CacheConfig;
  /** Of the exact tier; undefined when the request is not eligible. */
  key?: string | undefined;
  /** Why it is not eligible. */
  skip?: string | undefined;
}

/** Whether the semantic tier is asked for a request that is eligible. */
export function asksSemantic(connection: Connection, { request, cache, key }: AskedCache): boolean {
  const mode = request.cache ?? "use";
  return (
    key !== undefined &&
    connection.options.semanticCache?.state().state === "on" &&
    cache.semantic !== false &&
    (mode === "use" || mode === "only") &&
    semanticPrompt(request) !== undefined
  );
}

/** Counts a request that was not answered from the cache, by reason. What the semantic tier was asked for is counted where it answers. */
export function countMiss(connection: Connection, asked: AskedCache, reply: DispatchReply): void {
  const isMiss = reply.kind === "placed" || (reply.kind === "refused" && reply.code === "CACHE_MISS");
  if (!isMiss || !asked.cache.enabled || asksSemantic(connection, asked)) return;
  const reason = asked.skip ?? (asked.request.cache === "refresh" ? "refresh" : "not-stored");
  connection.cacheCounters.add({ [`miss:${reason}`]: 1 });
}
