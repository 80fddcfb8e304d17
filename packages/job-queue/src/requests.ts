import { type Event, type Outcome, type RequestState, RouterError } from "@llm-router/contracts";
import type { RecordPlan } from "./dispatch.ts";
import { parseOutcome } from "./outcome.ts";
import { redisError } from "./redis.ts";
import { asList, type QueueContext } from "./scripts.ts";

/** What the record of a request says about it. Times are Redis's, in ms since the epoch. */
export interface RequestStatus {
  id: string;
  state: RequestState;
  /** Where it is, or was last. */
  model: string;
  classRank: number;
  priority: number;
  epoch: number;
  acceptedAt: number;
  deadlineAt: number;
  tenant: string;
  /** Place in its queue, from 1, while it waits. */
  position?: number;
  outcome?: Outcome;
}

/** The state of a request. undefined: no request of this id. `parked` is a waiting job whose model may not be fetched now. */
export async function readStatus(context: QueueContext, id: string): Promise<RequestStatus | undefined> {
  const { redis, keys } = context;
  const fields = await redis.hmget(keys.record(id), "st", "q", "p", "ep", "at", "dl", "od").catch((error: unknown) => {
    throw redisError(error, "reading the request");
  });
  const [state, model = "", planJson, epoch, acceptedAt, deadlineAt, outcome] = fields;
  if (!state) return undefined;
  const plan = JSON.parse(planJson ?? "{}") as RecordPlan;
  const status: RequestStatus = {
    id,
    state: state as RequestState,
    model: model ?? "",
    classRank: Number(plan.cls),
    priority: plan.pri,
    epoch: Number(epoch ?? 0),
    acceptedAt: Number(acceptedAt),
    deadlineAt: Number(deadlineAt),
    tenant: plan.tn,
  };
  if (outcome) return { ...status, outcome: JSON.parse(outcome) as Outcome };
  if (state !== "waiting") return status;
  const [rank, blocked] = await Promise.all([
    redis.zrank(`${keys.queue(status.model)}:prioritized`, id),
    redis.sismember(`${keys.prefix}:blocked`, status.model),
  ]);
  return { ...status, ...(blocked === 1 ? { state: "parked" as const } : {}), ...(rank === null ? {} : { position: rank + 1 }) };
}

/** Every decision that was taken about a request, oldest first, from its record. undefined: no request of this id. */
export async function readHistory(context: QueueContext, id: string): Promise<Event[] | undefined> {
  const record = await context.redis.hgetall(context.keys.record(id)).catch((error: unknown) => {
    throw redisError(error, "reading the history");
  });
  if (record["st"] === undefined) return undefined;
  return Object.entries(record)
    .filter(([field]) => /^h\d+$/.test(field))
    .map(([, body]) => JSON.parse(body) as Event)
    .toSorted((a, b) => a.seq - b.seq);
}

/**
 * Cancels a request wherever it is, from any process. Returns its outcome: cancelled, or the one that it had already.
 * @throws {RouterError} UNKNOWN_REQUEST.
 */
export async function cancelRequest(context: QueueContext, id: string, message = "Cancelled by the caller."): Promise<Outcome> {
  const [kind, outcome] = asList(
    await context.run("cancel", [id, message]).catch((error: unknown) => {
      throw redisError(error, "cancelling the request");
    }),
  );
  if (kind !== "settled") throw new RouterError("UNKNOWN_REQUEST", `No request ${id} in namespace ${context.keys.namespace}.`, { id });
  return parseOutcome(id, String(outcome));
}

export type Attached =
  | { kind: "settled"; outcome: Outcome; lastSeq: number }
  | { kind: "open"; state: RequestState; model: string; streamed: boolean }
  | { kind: "unknown" };

/** Makes `clientId` one of those that are told the outcome, or returns the outcome that is there already, in one step. */
export async function attachRequest(context: QueueContext, id: string, clientId: string): Promise<Attached> {
  const [kind, a, b, c] = asList(
    await context.run("attach", [id, clientId]).catch((error: unknown) => {
      throw redisError(error, "attaching to the request");
    }),
  ).map(String);
  if (kind === "settled") return { kind, outcome: parseOutcome(id, a ?? ""), lastSeq: Number(b) };
  if (kind === "open") return { kind, state: a as RequestState, model: b ?? "", streamed: c === "1" };
  return { kind: "unknown" };
}
