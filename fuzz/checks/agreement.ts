import type { OutcomeLine } from "../lib/history.ts";
import type { Check, Violation } from "./check.ts";
import { rollbackAt } from "./rollback.ts";

/** Nobody is given two outcomes, all are given the same one, and it is the one in the record. */
export const checkAgreement: Check = (history) => {
  const violations: Violation[] = [];
  const taken = new Set<string>();
  const given = new Set<string>();
  for (const outcome of history.outcomes) {
    const { id, p, r, at } = outcome;
    const promise = `${p} ${r} ${id}`;
    if (given.has(promise)) violations.push({ kind: "duplicated", id, at, detail: `${p} was given an outcome for ${r} twice` });
    given.add(promise);
    const record = history.records.get(id);
    if (!record || describe(record) === describe(outcome)) continue;
    if (rollbackAt(history, at) !== undefined) taken.add(id);
    else
      violations.push({
        kind: "differing",
        id,
        at,
        detail: `${p} was given ${describe(outcome)} for ${r}, the record has ${describe(record)}`,
      });
  }
  violations.push(...wrongAnswers(history.outcomes, history));
  return { violations, rolledBack: taken.size };
};

function describe({ state, code, content }: Pick<OutcomeLine, "state" | "code" | "content">): string {
  return `${state} ${code ?? JSON.stringify(content)}`;
}

/** An answer begins with what its own prompt asked for. */
function wrongAnswers(outcomes: readonly OutcomeLine[], { submits }: Parameters<Check>[0]): Violation[] {
  return outcomes.flatMap(({ id, r, at, content }) => {
    const marker = submits.get(r)?.marker;
    if (content === undefined || marker === undefined || content.startsWith(`[[${marker}]]`)) return [];
    return [{ kind: "wrong-answer", id, at, detail: `${r} asked for [[${marker}]] and was given ${JSON.stringify(content.slice(0, 40))}` }];
  });
}
