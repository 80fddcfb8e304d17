import type { SeenLine } from "../lib/history.ts";
import type { History } from "../lib/index-history.ts";
import type { Check, Violation } from "./check.ts";

const ends = new Set(["completed", "failed", "cancelled", "expired"]);

/** No reader of a stream is given a delta twice, or misses one, and what it reads is the answer. */
export const checkStreams: Check = (history) => {
  const violations: Violation[] = [];
  for (const seen of history.seen.values()) violations.push(...checkReader(seen, history));
  return { violations };
};

function checkReader(seen: readonly SeenLine[], { records, submits }: History): Violation[] {
  const [first] = seen;
  const record = first && records.get(first.id);
  if (!first || !record) return [];
  const { id, r, p, all } = first;
  const found = (kind: string, detail: string, at: number): Violation => ({ kind, id, at, detail: `${p} reading ${r}: ${detail}` });
  const violations: Violation[] = [];
  let last = 0;
  for (const [i, { seq, at, type }] of seen.entries()) {
    // Where the stream has no or not all deltas, what is missing comes as one delta just before the end, under the end's number.
    if (type === "completed" && seq === last && seen[i - 1]?.type === "delta") continue;
    if (seq <= last) violations.push(found("repeated-delta", `${type} ${seq} came after ${last}`, at));
    else if (all && seq !== last + 1) violations.push(found("missing-delta", `${type} ${seq} came after ${last}`, at));
    last = Math.max(last, seq);
  }
  const restarted = seen.find(({ restart }) => restart);
  const asked = submits.get(r.split("/")[0] ?? "");
  if (restarted && asked?.broken === "error")
    violations.push(found("restart", "the answer began anew, which was not asked for", restarted.at));
  const reachedEnd = all ? seen.some(({ type }) => ends.has(type)) : seen.some(({ finish }) => finish !== undefined);
  if (record.state !== "completed" || !reachedEnd) return violations;
  const text = seen
    .slice(seen.findLastIndex(({ restart }) => restart) + 1)
    .map(({ text: part }) => part ?? "")
    .join("");
  if (text !== record.content) {
    violations.push(found("missing-delta", `it reads ${JSON.stringify(text)}, the answer is ${JSON.stringify(record.content)}`, first.at));
  }
  return violations;
}
