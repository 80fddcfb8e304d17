import type { Check, Violation } from "./check.ts";
import { type Stay, staysByModel } from "./runs.ts";

/**
 * At each grant no job with a better place waited in the same queue. CRITICAL goes first; then who waited longer than its
 * class should, the most overdue first; then priority and seq. Delayed jobs do not wait.
 */
export const checkOrder: Check = ({ records }) => {
  const violations: Violation[] = [];
  for (const [model, { waiting }] of staysByModel(records.values())) {
    const sorted = waiting.toSorted((a, b) => a.from - b.from);
    // A job was granted when its wait ended with "started".
    const grants = sorted.filter(isGrant).toSorted((a, b) => a.to - b.to);
    const present = new Set<Stay>();
    let next = 0;
    for (const grant of grants) {
      for (let stay = sorted[next]; stay && stay.from < grant.to; stay = sorted[++next]) present.add(stay);
      for (const other of present) {
        if (other.to < grant.to) present.delete(other);
        // What ends in the same millisecond may have ended before.
        else if (other !== grant && other.to > grant.to && goesBefore(other, grant, grant.to)) {
          violations.push({
            kind: "order",
            id: grant.record.id,
            at: grant.to,
            detail: `${model} was given ${describe(grant)} while ${describe(other)} waited`,
          });
          break;
        }
      }
    }
  }
  return { violations };
};

function isGrant({ record, model, to }: Stay): boolean {
  return record.history.some((event) => event.type === "started" && event.at === to && event.model === model);
}

/** Whether `a` must be granted before `b` at `now`. */
function goesBefore(a: Stay, b: Stay, now: number): boolean {
  const [aCritical, bCritical] = [a.record.priority < 1_000, b.record.priority < 1_000];
  if (aCritical !== bCritical) return aCritical;
  if (!aCritical) {
    const [aDue, bDue] = [dueOf(a), dueOf(b)];
    const [aOverdue, bOverdue] = [aDue <= now, bDue <= now];
    if (aOverdue !== bOverdue) return aOverdue;
    if (aOverdue) return aDue < bDue;
  }
  if (a.record.priority !== b.record.priority) return a.record.priority < b.record.priority;
  return a.record.seq < b.record.seq;
}

function dueOf({ record: { at, maxWaitMs } }: Stay): number {
  return maxWaitMs > 0 ? at + maxWaitMs : Number.POSITIVE_INFINITY;
}

function describe({ record: { id, priority, seq } }: Stay): string {
  return `${id} (priority ${priority}, seq ${seq})`;
}
