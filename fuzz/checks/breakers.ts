import type { TransitionLine } from "../lib/history.ts";
import type { History } from "../lib/index-history.ts";
import type { Check, Violation } from "./check.ts";
import { grantToCallMs, machineLag, wasStoppedBeforeCall } from "./conditions.ts";
import { staysByModel } from "./runs.ts";

/** A probe whose worker is gone gives its place back after this time, ms. */
const leaseMs = 6_000;

interface Window {
  state: TransitionLine["state"];
  from: number;
  to: number;
}

/** No grant and no call while a breaker is open, and no more probes than allowed while it is half-open. */
export const checkBreakers: Check = (history) => {
  const violations: Violation[] = [];
  const stays = staysByModel(history.records.values());
  for (const [model, transitions] of Map.groupBy(history.transitions, ({ model: name }) => name)) {
    const windows = windowsOf(transitions);
    const runs = stays.get(model)?.runs ?? [];
    for (const { from, to, state } of windows) {
      if (state === "open") {
        for (const run of runs) {
          if (run.from > from && run.from < to) {
            const detail = `${model} was granted ${run.from - from} ms after its breaker opened`;
            violations.push({ kind: "open-breaker", id: run.record.id, at: run.from, detail });
          }
        }
        violations.push(...callsWhileOpen(history, model, { from, to }));
      } else if (state === "half-open") {
        violations.push(
          ...tooManyProbes(
            runs.filter((run) => run.from >= from && run.from < to),
            history.run.halfOpenProbes,
            model,
          ),
        );
      }
    }
  }
  return { violations };
};

function windowsOf(transitions: readonly TransitionLine[]): Window[] {
  return transitions.map(({ state, at }, i) => ({ state, from: at, to: transitions[i + 1]?.at ?? Number.POSITIVE_INFINITY }));
}

function callsWhileOpen(history: History, model: string, { from, to }: Pick<Window, "from" | "to">): Violation[] {
  return (
    history.calls
      .filter((call) => call.model === model && call.at > from + grantToCallMs && call.at < to)
      // The worker and the simulator may each have waited for the processor.
      .filter(({ at }) => at > from + grantToCallMs + machineLag(history, from, at))
      .filter((call) => !wasStoppedBeforeCall(history, call))
      .map(({ id, at }) => ({
        kind: "open-breaker",
        at,
        detail: `a call of ${model} began ${Math.round(at - from)} ms after its breaker opened`,
        ...(id !== null && { id }),
      }))
  );
}

type Run = { from: number; to: number; record: { id: string }; breaker?: string };

function tooManyProbes(runs: readonly Run[], allowed: number, model: string): Violation[] {
  const probes = runs.filter(({ breaker }) => breaker === "half-open").toSorted((a, b) => a.from - b.from);
  return probes.flatMap((probe) => {
    const beside = probes.filter(
      (other) => other !== probe && other.from < probe.from && other.from > probe.from - leaseMs && other.to > probe.from,
    );
    if (beside.length < allowed) return [];
    return [
      {
        kind: "probes",
        id: probe.record.id,
        at: probe.from,
        detail: `${model} was probed by ${beside.length + 1} runs at once, of ${allowed} allowed`,
      },
    ];
  });
}
