import type { Candidate } from "../src/index.ts";

/** A model as the dispatch script finds it. Times are Redis's, in ms since the epoch; 0: never. */
export interface ModelState {
  known: boolean;
  /** Most jobs of the asking class. */
  limit: number;
  concurrency: number;
  serviceMs: number;
  workerUntil: number;
  heldUntil: number;
  rateLimitedUntil: number;
  breaker: "closed" | "open" | "half-open";
  opensAgainAt: number;
  halfOpenProbes: number;
  breakerEnabled: boolean;
  paused: boolean;
  active: number;
  waiting: number;
  delayed: number;
  /** Waiting jobs that go before the asking one. */
  ahead: number;
  /** Parked jobs of other models, of the asking class or a higher one, that could come here. */
  parked: number;
}

interface Seen {
  model: string;
  kind: "unknown" | "open" | "paused" | "no worker" | "full" | "budget" | "limited" | "ok";
  reason: string;
  depth: number;
  waitMs: number;
  limitedUntil: number;
}

export interface Choice {
  model?: string;
  /** When none was chosen. */
  code?: string;
  seen: Seen[];
}

/** What is to be said of one candidate: DESIGN sections 1 (depth, expectedWaitMs) and 4, and the reasons that a refusal names. */
function see(model: string, state: ModelState, now: number, budgetMs: number): Seen {
  const depth = state.active + state.waiting + state.delayed;
  const not = (kind: Seen["kind"], reason: string): Seen => ({ model, kind, reason, depth, waitMs: 0, limitedUntil: 0 });
  if (!state.known) return not("unknown", "unknown");
  if (state.breakerEnabled && state.breaker !== "closed") {
    const open = state.breaker === "open" && now < state.opensAgainAt;
    if (open) return not("open", `open until ${new Date(state.opensAgainAt).toISOString()}`);
    if (depth >= state.halfOpenProbes) return not("open", "half-open, probing");
  }
  if (state.paused) return not("paused", "paused");
  if (state.workerUntil < now) return not("no worker", "no worker");
  if (depth >= state.limit) return not("full", `full ${depth}/${state.limit}`);
  if (depth + state.parked >= state.limit) return not("full", `behind ${state.parked} parked jobs`);
  const limitedUntil = Math.max(state.heldUntil, state.rateLimitedUntil);
  const limited = limitedUntil > now;
  const inTheWay = state.ahead + state.active - state.concurrency + 1;
  const queued =
    state.active >= state.concurrency || state.waiting > 0 ? Math.ceil((Math.max(0, inTheWay) / state.concurrency) * state.serviceMs) : 0;
  const waitMs = limited ? Math.max(queued, limitedUntil - now) : queued;
  const seen = { model, depth, waitMs, limitedUntil: limited ? limitedUntil : 0 };
  if (waitMs > budgetMs) return { ...seen, kind: "budget", reason: `expected wait ${waitMs} ms` };
  if (limited) return { ...seen, kind: "limited", reason: `rate limited ${Math.ceil((limitedUntil - now) / 1_000)} s` };
  return { ...seen, kind: "ok", reason: "" };
}

/** The whole choice: allowed ones by the formula, before rate-limited ones, the soonest first; else the code of the refusal. */
export function choose(candidates: readonly Candidate[], states: ReadonlyMap<string, ModelState>, now: number, budgetMs: number): Choice {
  const looks = candidates.flatMap((candidate) => {
    const state = states.get(candidate.model);
    return state ? [{ candidate, seen: see(candidate.model, state, now, budgetMs) }] : [];
  });
  const seen = looks.map((look) => look.seen);
  const cost = ({ candidate, seen: { depth, waitMs } }: (typeof looks)[number]) =>
    candidate.order + candidate.perDepth * depth + candidate.perWaitMs * waitMs;
  const free = looks.filter((look) => look.seen.kind === "ok");
  const limited = looks.filter((look) => look.seen.kind === "limited");
  // Stable: the first of equals stays first.
  const [best] =
    free.length > 0
      ? free.toSorted((a, b) => cost(a) - cost(b))
      : limited.toSorted((a, b) => a.seen.limitedUntil - b.seen.limitedUntil || cost(a) - cost(b));
  if (best) return { model: best.candidate.model, seen };
  const kinds = new Set(seen.map(({ kind }) => kind));
  if (kinds.has("full")) return { code: "QUEUE_FULL", seen };
  if (kinds.has("budget")) return { code: "BUDGET_TOO_SHORT", seen };
  if (kinds.has("open") || kinds.has("paused")) return { code: "ALL_MODELS_UNAVAILABLE", seen };
  if (kinds.has("no worker")) return { code: "NO_WORKER", seen };
  return { code: "UNKNOWN_MODEL", seen };
}
