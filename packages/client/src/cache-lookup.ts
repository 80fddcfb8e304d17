import type { Request } from "@llm-router/contracts";
import { type CachedAnswer, type DispatchReply, hasCacheEntry, readCachedAnswer } from "@llm-router/job-queue";
import { asksSemantic, type CachePlan, mayAnswer } from "./cache-plan.ts";
import type { Connection } from "./connection.ts";
import { type FoundAnswer, lookUpSemantic } from "./semantic-lookup.ts";

/** What was found before the submission. `skip`: why the semantic tier had nothing. */
export interface CacheFound {
  exact?: CachedAnswer | undefined;
  semantic?: FoundAnswer | undefined;
  skip?: string | undefined;
}

/**
 * Looks for an answer before a request is submitted. Never rejects: what Redis does not say now, the submission says.
 * @param direct Whether an equal question's answer is of use here: otherwise the submission finds it.
 */
export async function lookUp(connection: Connection, request: Request, plan: CachePlan, direct: boolean): Promise<CacheFound> {
  const { key } = plan;
  if (key === undefined || !mayAnswer(plan)) return {};
  const asks = asksSemantic(connection, request, plan);
  if (direct && (asks || connection.hitShare.pays)) {
    const exact = await readCachedAnswer(connection.context, key, plan.models).catch(() => undefined);
    if (exact) return { exact };
  } else if (asks) {
    // An equal question needs no embedder.
    const isThere = await hasCacheEntry(connection.context, key, plan.models).catch(() => true);
    if (isThere) return {};
  }
  if (asks) return lookUpSemantic(connection, request, { ...plan, key });
  return asksSemantic(connection, request, plan, "exact-only") ? { skip: "exact-only" } : {};
}

/**
 * How many of the last requests that may be answered by the exact cache were. Asking it before the submission makes a hit several times
 * as quick, and a miss a little slower, by one round trip: below a share it does not pay, and the submission itself finds the answer.
 */
export class HitShare {
  #share = 1;

  get pays(): boolean {
    return this.#share >= 0.1;
  }

  note(isHit: boolean): void {
    this.#share += (Number(isHit) - this.#share) / 16;
  }
}

/** Whether the submission was answered from the cache. */
export function isServedBy(reply: DispatchReply, tier: "exact" | "semantic"): boolean {
  return reply.kind === "settled" && reply.outcome.state === "completed" && reply.outcome.result.cached === tier;
}
