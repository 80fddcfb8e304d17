import type { RecordLine } from "../lib/history.ts";
import type { History } from "../lib/index-history.ts";
import type { Check, Violation } from "./check.ts";
import { rollbackAt } from "./rollback.ts";
import { staysByModel } from "./runs.ts";

/** How long an answer that was just given is handed on without the cache, and between two clocks' milliseconds, ms. */
const bridgeMs = 2_000 + 10;

/**
 * Equal requests in flight share one call: whoever shares it has none of its own, its answer is the leader's, and both are of one
 * tenant. For one prompt of a tenant there is one call at a time, and one more for each run that ended without an answer.
 */
export const checkSharedCalls: Check = (history) => ({ violations: [...followers(history), ...callsAtOnce(history)] });

function followers(history: History): Violation[] {
  const { records, calls } = history;
  const called = new Set(calls.map(({ id }) => id));
  const answers = Map.groupBy(
    [...records.values()].filter(({ state, coalesced, cached }) => state === "completed" && !coalesced && cached === undefined),
    ({ tenant, content }) => `${tenant ?? ""} ${content ?? ""}`,
  );
  return [...records.values()].flatMap((record): Violation[] => {
    const { id, at, tenant, content, settledAt = 0, coalesced, history: events } = record;
    const found = (detail: string): Violation => ({ kind: "shared", id, at, detail });
    const named = events.map(({ detail }) => detail?.["coalesced"]).find((leader) => typeof leader === "string");
    const leader = named === undefined ? undefined : records.get(named);
    const violations: Violation[] = [];
    if (leader && leader.tenant !== tenant) violations.push(found(`it followed ${leader.id} of another tenant`));
    if (!coalesced || rollbackAt(history, settledAt) !== undefined) return violations;
    if (called.has(id)) violations.push(found("it was answered by another request's call, and has a call of its own"));
    const own = answers.get(`${tenant ?? ""} ${content ?? ""}`) ?? [];
    const isGiven = own.some(({ settledAt: givenAt = 0 }) => givenAt <= settledAt && givenAt >= settledAt - bridgeMs);
    if (!isGiven) violations.push(found("it was given an answer that no call of its tenant had just given"));
    return violations;
  });
}

function callsAtOnce(history: History): Violation[] {
  const { submits, records, calls } = history;
  const prompts = new Set([...submits.values()].filter(({ shared }) => shared).map(({ marker }) => marker));
  const tenantOf = (id: string | null): string => (id === null ? undefined : records.get(id)?.tenant) ?? "";
  const shared = calls.filter(({ id, marker }) => id !== null && prompts.has(marker));
  const unanswered = runsWithoutAnswer(records.values());
  return [...Map.groupBy(shared, ({ id, marker }) => `${tenantOf(id)} ${marker}`)].flatMap(([prompt, own]) => {
    const ids = new Set(own.map(({ id }) => id));
    const ends = [...ids].flatMap((id) => unanswered.get(id ?? "") ?? []);
    return own.flatMap(({ at, id }): Violation[] => {
      const beside = own.filter((call) => call.at <= at && call.endAt > at);
      const allowed = 1 + ends.filter((end) => end <= at).length;
      if (beside.length <= allowed || beside.some((call) => rollbackAt(history, call.at) !== undefined)) return [];
      return [{ kind: "shared", id: String(id), at, detail: `${prompt} had ${beside.length} calls at once, of ${allowed} allowed` }];
    });
  });
}

/** When runs ended that gave no answer, by request. A budget's end counts from when it is over, though it is settled a little later. */
function runsWithoutAnswer(records: Iterable<RecordLine>): Map<string, number[]> {
  const ends = new Map<string, number[]>();
  for (const { runs } of staysByModel(records).values()) {
    for (const { record, to } of runs) {
      if (record.state === "completed" && record.settledAt === to) continue;
      ends.set(record.id, [...(ends.get(record.id) ?? []), Math.min(to, record.deadline)]);
    }
  }
  return ends;
}
