import { fingerprint, type Request, semanticPrompt } from "@llm-router/contracts";
import { lookupCounts, noteServed, type SemanticHit } from "@llm-router/job-queue";
import type { CachePlan } from "./cache-plan.ts";
import type { Connection } from "./connection.ts";

/** A semantic hit, with what is needed to report it should it be wrong. */
export type FoundAnswer = SemanticHit & { asked: string; cached: string };

/** The time that a request waits for it, ms; beyond it is a miss. Of a short budget a half is left for the call. */
const longestMs = 250;

/** The entry that answers the same question in other words, or why none does. */
export async function lookUpSemantic(
  connection: Connection,
  request: Request,
  { temperature, models }: CachePlan,
): Promise<{ semantic?: FoundAnswer; skip?: string }> {
  const { semanticCache } = connection.options;
  const asked = semanticPrompt(request);
  if (!semanticCache || asked === undefined) return {};
  const startedAt = performance.now();
  const found = await semanticCache.lookup({
    prompt: asked,
    partition: fingerprint(request, { temperature }),
    models,
    timeoutMs: Math.min(longestMs, (request.timeoutMs ?? Infinity) / 2),
  });
  const isMiss = found.kind === "miss";
  connection.cacheCounters.add({ ...lookupCounts(performance.now() - startedAt), ...(isMiss && { [`miss:${found.reason}`]: 1 }) });
  if (isMiss) return { skip: found.by ?? found.reason };
  const { entry, similarity, verifierScore, prompt } = found;
  return { semantic: { entry, similarity, verifierScore, asked, cached: prompt } };
}

/** Counts a hit that was served, and remembers who was answered by what, so that a wrong one can be reported. Off the path: a note that is lost costs a report. */
export function noteSemanticHit(connection: Connection, id: string, hit: FoundAnswer, ttlMs: number): void {
  connection.cacheCounters.add({ "hit:semantic": 1 });
  noteServed(connection.context, id, hit, ttlMs).catch(() => undefined);
}
