import { type Attempt, type Event, type Outcome, type RequestState, RouterError } from "@llm-router/contracts";
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
  /** Of what is left of its wait, roughly, ms; while it waits. */
  expectedWaitMs?: number;
  /** Calls that failed so far, oldest first. */
  attempts: Attempt[];
  outcome?: Outcome;
}

/** The state of a request. undefined: no request of this id. `parked` is a waiting job whose model may not be fetched now. */
export async function readStatus(context: QueueContext, id: string): Promise<RequestStatus | undefined> {
  const { redis, keys } = context;
  const fields = await redis.hmget(keys.record(id), "st", "q", "p", "ep", "at", "dl", "od", "att").catch((error: unknown) => {
    throw redisError(error, "reading the request");
  });
  const [state, model = "", planJson, epoch, acceptedAt, deadlineAt, outcome, attempts] = fields;
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
    attempts: JSON.parse(`[${attempts ?? ""}]`) as Attempt[],
  };
  if (outcome) {
    const end = JSON.parse(outcome) as Outcome;
    return { ...status, attempts: end.state === "completed" ? end.result.attempts : end.attempts, outcome: end };
  }
  return state === "waiting" ? { ...status, ...(await readPlace(context, status)) } : status;
}

/** Where a waiting request stands, and how long that may last. */
async function readPlace(
  { redis, keys }: QueueContext,
  { id, model }: RequestStatus,
): Promise<Pick<RequestStatus, "position" | "expectedWaitMs"> & { state?: "parked" }> {
  const [rank, blocked, active, [concurrency, serviceMs]] = await Promise.all([
    redis.zrank(`${keys.queue(model)}:prioritized`, id),
    redis.sismember(`${keys.prefix}:blocked`, model),
    redis.llen(`${keys.queue(model)}:active`),
    redis.hmget(keys.model(model), "conc", "svc"),
  ]).catch((error: unknown) => {
    throw redisError(error, "reading the request");
  });
  if (blocked === 1) return { state: "parked", ...(rank !== null && { position: rank + 1 }) };
  // Fetched or moved since its record was read.
  if (rank === null) return {};
  const slots = Number(concurrency ?? 1);
  const ahead = Math.max(0, rank + active - slots + 1);
  return { position: rank + 1, expectedWaitMs: Math.ceil((ahead / slots) * Number(serviceMs ?? 0)) };
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
