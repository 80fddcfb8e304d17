import type { RecordLine } from "../lib/history.ts";
import type { Check, Violation } from "./check.ts";
import { rollbackAt } from "./rollback.ts";

/** Requests of one key run one after the other, none after a success, and a key with another body is refused while it holds. */
export const checkIdempotency: Check = (history) => {
  const violations: Violation[] = [];
  const keyed = [...history.submits.values()].filter(({ key }) => key !== undefined);
  const accepted = Map.groupBy(history.accepted, ({ n }) => n);
  const called = Map.groupBy(
    history.calls.flatMap(({ id, marker }) => (id === null ? [] : [{ id, marker }])),
    ({ marker }) => marker,
  );
  for (const [key, submits] of Map.groupBy(keyed, ({ tenant, key: own }) => `${tenant} ${own ?? ""}`)) {
    const runs = new Map<string, { record: RecordLine; marker: string }>();
    for (const { n, marker } of submits) {
      for (const { id, at } of accepted.get(n) ?? []) {
        const record = history.records.get(id);
        if (!record) continue;
        const known = runs.get(id);
        if (known && known.marker !== marker) {
          violations.push({
            kind: "idempotency",
            id,
            at,
            detail: `key ${key}: [[${marker}]] was given the request of [[${known.marker}]]`,
          });
        }
        runs.set(id, known ?? { record, marker });
      }
    }
    // Also those whose callers were told no id: their gateway or they themselves died.
    for (const { marker } of submits) {
      for (const { id } of called.get(marker) ?? []) {
        const record = history.records.get(id);
        if (record && !runs.has(id)) runs.set(id, { record, marker });
      }
    }
    const inOrder = [...runs.values()].map(({ record }) => record).toSorted((a, b) => a.seq - b.seq);
    for (const [i, later] of inOrder.entries()) {
      const before = inOrder[i - 1];
      if (!before || rollbackAt(history, before.at) !== undefined) continue;
      if (before.state === "completed")
        violations.push({
          kind: "idempotency",
          id: later.id,
          at: later.at,
          detail: `key ${key}: ran again after ${before.id} had succeeded`,
        });
      else if ((before.settledAt ?? Number.POSITIVE_INFINITY) > later.at) {
        violations.push({ kind: "idempotency", id: later.id, at: later.at, detail: `key ${key}: ran beside ${before.id}` });
      }
    }
  }
  return { violations };
};
