import type { RecordLine } from "../lib/history.ts";

/** A time that a job spent in a model's queue, waiting, or held by a worker. `to` is open-ended while it lasted to the end. */
export interface Stay {
  record: RecordLine;
  model: string;
  from: number;
  to: number;
  /** Of a run: the breaker's state at its grant. */
  breaker?: string;
  how: string;
}

export interface Stays {
  waiting: Stay[];
  runs: Stay[];
}

/** What a record's history says about where its job was, and when. */
function staysOf(record: RecordLine): Stays {
  const stays: Stays = { waiting: [], runs: [] };
  let open: { kind: keyof Stays; stay: Stay } | undefined;
  const close = (at: number): void => {
    if (open) stays[open.kind].push({ ...open.stay, to: Math.max(at, open.stay.from) });
    open = undefined;
  };
  for (const { type, at = 0, model = "", detail = {} } of record.history) {
    // What is answered by another's call, or by the cache, is in no queue, though its event may name one.
    if (type === "queued" && (detail["coalesced"] !== undefined || (typeof detail["cache"] === "string" && model === ""))) continue;
    // Parked jobs stay where they wait: a parked job is fetched like any other once its model may be fetched.
    if (type === "parked" && open?.kind === "waiting") continue;
    close(at);
    const delayMs = type === "queued" ? Number(detail["delayMs"] ?? 0) : 0;
    const stay: Stay = { record, model, from: at + delayMs, to: Number.POSITIVE_INFINITY, how: type };
    if (type === "started") open = { kind: "runs", stay: { ...stay, breaker: String(detail["breaker"]) } };
    else if (type === "queued" || type === "moved" || type === "parked") open = { kind: "waiting", stay };
  }
  close(Number.POSITIVE_INFINITY);
  return stays;
}

/** Of all records, by model. */
export function staysByModel(records: Iterable<RecordLine>): Map<string, Stays> {
  const byModel = new Map<string, Stays>();
  for (const record of records) {
    const own = staysOf(record);
    for (const kind of ["waiting", "runs"] as const) {
      for (const stay of own[kind]) {
        const all = byModel.get(stay.model) ?? { waiting: [], runs: [] };
        all[kind].push(stay);
        byModel.set(stay.model, all);
      }
    }
  }
  return byModel;
}
