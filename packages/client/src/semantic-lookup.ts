import { fingerprint, type Request, semanticPrompt } from "@llm-router/contracts";
import { hasCacheEntry, lookupCounts, noteServed, type SemanticHit } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

export interface SemanticQuery {
  request: Request;
  /** Of the exact cache. */
  cacheKey: string;
  /** The one default that all candidates have, see cacheKey(). */
  defaultTemperature: number | undefined;
  models: readonly string[];
}

/** A semantic hit, with what is needed to report it should it be wrong. */
export type FoundAnswer = SemanticHit & { asked: string; cached: string };

/** The time that a request waits for it, ms; beyond it is a miss. Of a short budget a half is left for the call. */
const longestMs = 250;

/** The entry that answers the same question in other words; undefined when none does, or an equal question has an answer. */
export async function lookUpSemantic(connection: Connection, query: SemanticQuery): Promise<FoundAnswer | undefined> {
  const { request, cacheKey, defaultTemperature, models } = query;
  const { semanticCache } = connection.options;
  const asked = semanticPrompt(request);
  if (!semanticCache || asked === undefined) return undefined;
  // An equal question needs no embedder. When Redis does not say, the submission that follows will.
  const isExact = await hasCacheEntry(connection.context, cacheKey, models).catch(() => true);
  if (isExact) return undefined;
  const startedAt = performance.now();
  const partition = fingerprint(request, { temperature: defaultTemperature });
  const found = await semanticCache.lookup({
    prompt: asked,
    partition,
    models,
    timeoutMs: Math.min(longestMs, (request.timeoutMs ?? Infinity) / 2),
  });
  const isMiss = found.kind === "miss";
  connection.cacheCounters.add({ ...lookupCounts(performance.now() - startedAt), ...(isMiss && { [`miss:${found.reason}`]: 1 }) });
  if (isMiss) return undefined;
  const { entry, similarity, verifierScore, prompt } = found;
  return { entry, similarity, verifierScore, asked, cached: prompt };
}

/** Counts a hit that was served, and remembers who was answered by what, so that a wrong one can be reported. Off the path: a note that is lost costs a report. */
export function noteSemanticHit(connection: Connection, id: string, hit: FoundAnswer, ttlMs: number): void {
  connection.cacheCounters.add({ "hit:semantic": 1 });
  noteServed(connection.context, id, hit, ttlMs).catch(() => undefined);
}
