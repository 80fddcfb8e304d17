import type { History } from "../lib/index-history.ts";
import { checkAgain } from "./again.ts";
import { checkAgreement } from "./agreement.ts";
import { checkBounds } from "./bounds.ts";
import { checkBreakers } from "./breakers.ts";
import { checkBudgets } from "./budgets.ts";
import type { Check, Findings } from "./check.ts";
import { checkIdempotency } from "./idempotency.ts";
import { checkKeys } from "./keys.ts";
import { checkOrder } from "./order.ts";
import { checkOutcomes } from "./outcomes.ts";
import { checkSharedCalls } from "./shared-calls.ts";
import { checkStats } from "./stats.ts";
import { checkStreams } from "./streams.ts";

const checks: Record<string, Check> = {
  outcomes: checkOutcomes,
  agreement: checkAgreement,
  again: checkAgain,
  streams: checkStreams,
  breakers: checkBreakers,
  bounds: checkBounds,
  order: checkOrder,
  idempotency: checkIdempotency,
  budgets: checkBudgets,
  sharedCalls: checkSharedCalls,
  stats: checkStats,
  keys: checkKeys,
};

/** Every invariant on one history. */
export function judge(history: History): Required<Findings> {
  const findings = Object.values(checks).map((check) => check(history));
  return {
    violations: findings.flatMap(({ violations }) => violations),
    rolledBack: findings.reduce((sum, { rolledBack = 0 }) => sum + rolledBack, 0),
  };
}
