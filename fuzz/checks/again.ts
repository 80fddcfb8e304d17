import type { Check, Violation } from "./check.ts";
import { grantToCallMs, machineLag, wasStoppedBeforeCall } from "./conditions.ts";
import { rollbackAt } from "./rollback.ts";

/** From a cancellation or the end of a budget to the last call that may begin for it, ms. */
const abortMs = 500;

/** A finished prompt is not called again, and a submission is one request. */
export const checkAgain: Check = (history) => {
  const violations: Violation[] = [];
  const rolledBack = new Set<string>();
  for (const { id, at, model } of history.calls) {
    const record = id === null ? undefined : history.records.get(id);
    if (record?.settledAt === undefined) continue;
    const allowedMs = record.state === "completed" ? grantToCallMs : abortMs;
    if (at <= record.settledAt + allowedMs + machineLag(history, record.settledAt, at)) continue;
    if (wasStoppedBeforeCall(history, { id, at, model })) continue;
    const late = Math.round(at - record.settledAt);
    violations.push({
      kind: "called-again",
      id: record.id,
      at,
      detail: `a call of ${model} began ${late} ms after the request was ${record.state}`,
    });
  }
  for (const { id, at } of history.outcomes) {
    const record = history.records.get(id);
    const again =
      record && history.calls.some((call) => call.id === id && call.at > at + grantToCallMs && call.at < (record.settledAt ?? 0));
    if (record?.state !== "completed" || !again) continue;
    if (rollbackAt(history, at) === undefined)
      violations.push({ kind: "called-again", id, at, detail: "an answer that was given was made again" });
    else rolledBack.add(id);
  }
  violations.push(...doubledSubmissions(history));
  return { violations, rolledBack: rolledBack.size };
};

/** Requests with a prompt of their own whose prompt was called under two ids. */
function doubledSubmissions({ calls, submits }: Parameters<Check>[0]): Violation[] {
  const repeated = new Set([...submits.values()].filter(({ key, shared }) => key !== undefined || shared).map(({ marker }) => marker));
  const ids = Map.groupBy(
    calls.filter(({ marker, id }) => id !== null && !repeated.has(marker)),
    ({ marker }) => marker,
  );
  return [...ids].flatMap(([marker, own]) => {
    const distinct = [...new Set(own.map(({ id }) => id))];
    if (distinct.length === 1) return [];
    return [
      {
        kind: "doubled",
        id: String(distinct[1]),
        detail: `one submission, [[${marker}]], ran as ${distinct.length} requests: ${distinct.join(", ")}`,
      },
    ];
  });
}
