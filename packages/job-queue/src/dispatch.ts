import { createHash } from "node:crypto";
import {
  canonicalJson,
  type CacheMode,
  type ErrorCode,
  type JobData,
  type Outcome,
  type RequestState,
  RouterError,
  type Skipped,
} from "@llm-router/contracts";
import { dispatchRequestsOf } from "./dispatch-requests.ts";
import { parseOutcome } from "./outcome.ts";
import { redisError } from "./redis.ts";
import { asList, type QueueContext } from "./scripts.ts";

/** One candidate of a request: the script takes the allowed one with the lowest order + perDepth × depth + perWaitMs × expectedWaitMs. */
export interface Candidate {
  model: string;
  order: number;
  perDepth: number;
  perWaitMs: number;
}

/** What the dispatch script needs of one request. */
export interface DispatchInput {
  id: string;
  clientId: string;
  /** 0 CRITICAL to 3 LOW. */
  classRank: number;
  priority: number;
  candidates: readonly Candidate[];
  timeoutMs: number;
  /** After this long it goes right after CRITICAL; 0: never. */
  maxWaitMs: number;
  maxAttempts: number;
  whenUnavailable: "hold" | "fail";
  /** When every candidate is full: take the place of a waiting job of a lower class, which moves or fails. */
  displace: "move" | "fail" | "off";
  /** How long it is kept for replay should it fail. */
  deadLetterTtlMs: number;
  /** The failed request that this one replays. */
  replayOf?: string | undefined;
  streamed: boolean;
  /** Of a streamed request whose answer begins anew after a part of it was sent (default restart). */
  onBrokenStream?: "error" | "restart" | undefined;
  tenant: string;
  idempotencyKey?: string | undefined;
  /** Set when the request is eligible for the exact cache. */
  cacheKey?: string | undefined;
  cacheMode: CacheMode;
  cacheSkip?: string | undefined;
  /** What a semantic lookup found: it answers if the entry is still there, and the exact tier has nothing. */
  semantic?: SemanticHit | undefined;
  tokenEstimate: number;
  resultTtlMs: number;
  streamTtlMs: number;
  idempotencyTtlMs: number;
  /** The job's data, JSON: what the worker reads. */
  data: string;
  configVersion: string;
}

/** An entry of the cache (`<cache key>:<model>`, of a model among the candidates) whose question is taken for the same one. */
export interface SemanticHit {
  entry: string;
  /** Cosine of the two questions. */
  similarity: number;
  verifierScore: number;
}

export type DispatchReply = { configVersion: string } & (
  | { kind: "placed"; id: string; model: string; depth: number; expectedWaitMs: number; acceptedAt: number }
  | { kind: "settled"; id: string; outcome: Outcome }
  | { kind: "open"; id: string; state: RequestState; model: string }
  | { kind: "refused"; code: ErrorCode; skipped: Skipped[]; retryAfterMs: number; expectedWaitMs: number }
);

/** The candidate list as the scripts read it and keep it with the record; "=;" before it says that the first good one is the best. */
export function encodeCandidates(candidates: readonly Candidate[]): string {
  const first = candidates.every(
    ({ order, perDepth, perWaitMs }, i) => perDepth === 0 && perWaitMs === 0 && order >= (candidates[i - 1]?.order ?? order),
  );
  const list = candidates.map(({ model, order, perDepth, perWaitMs }) => `${model}|${order}|${perDepth}|${perWaitMs}`).join(";");
  return first ? `=;${list}` : list;
}

/** What a record keeps of its request that never changes (field `p`); names as short as they are because every record has them. */
export interface RecordPlan {
  /** Class rank, as text: the scripts put it into keys and fields. */
  cls: string;
  pri: number;
  c: string;
  mw: number;
  sm: "0" | "1";
  /** onBrokenStream, where it is not "restart". */
  ob?: "error";
  mx: number;
  wu: "hold" | "fail";
  rt: number;
  stt: number;
  dt: number;
  tok: number;
  tn: string;
}

export function recordPlan(input: Omit<DispatchInput, "data">): RecordPlan {
  return {
    cls: String(input.classRank),
    pri: input.priority,
    c: encodeCandidates(input.candidates),
    mw: input.maxWaitMs,
    sm: input.streamed ? "1" : "0",
    ...(input.streamed && input.onBrokenStream === "error" ? { ob: "error" as const } : {}),
    mx: input.maxAttempts,
    wu: input.whenUnavailable,
    rt: input.idempotencyKey === undefined ? input.resultTtlMs : Math.max(input.resultTtlMs, input.idempotencyTtlMs),
    stt: input.streamTtlMs,
    dt: input.deadLetterTtlMs,
    tok: input.tokenEstimate,
    tn: input.tenant,
  };
}

/**
 * Accepts or refuses one request, atomically: a resend of an id answers what the first one got.
 * @throws {RouterError} REDIS_UNAVAILABLE, REDIS_FULL.
 */
export async function dispatch(context: QueueContext, input: DispatchInput): Promise<DispatchReply> {
  const idempotency = input.idempotencyKey === undefined ? "" : sha256(`${input.tenant}\n${input.idempotencyKey}`);
  const plan = recordPlan(input);
  const args = [
    input.id,
    input.clientId,
    input.classRank,
    input.priority,
    plan.c,
    input.timeoutMs,
    input.maxWaitMs,
    plan.sm,
    JSON.stringify(plan),
    input.data,
    input.displace,
    input.cacheKey ?? "",
    input.cacheMode,
    input.cacheSkip ?? "",
    idempotency,
    idempotency === "" ? "" : sha256(askedOf(input.data)),
    input.idempotencyTtlMs,
    input.replayOf ?? "",
    input.semantic?.entry ?? "",
    input.semantic ? `"similarity":${input.semantic.similarity},"verifierScore":${input.semantic.verifierScore}` : "",
  ];
  try {
    return parseReply(input.id, asList(await dispatchRequestsOf(context).send(args)).map(String));
  } catch (error) {
    throw redisError(error, "accepting the request");
  }
}

function parseReply(id: string, reply: string[]): DispatchReply {
  const [kind, configVersion = "0", a = "", b = "", c = "", d = ""] = reply;
  switch (kind) {
    case "placed":
      return { kind, configVersion, id, model: a, depth: Number(b), expectedWaitMs: Number(c), acceptedAt: Number(d) };
    case "settled":
      return { kind, configVersion, id: a, outcome: parseOutcome(a, b) };
    case "open":
      return { kind, configVersion, id: a, state: b as RequestState, model: c };
    case "refused":
      return {
        kind,
        configVersion,
        code: a as ErrorCode,
        skipped: JSON.parse(`[${b}]`) as Skipped[],
        retryAfterMs: Number(c),
        expectedWaitMs: Number(d),
      };
    case "error":
      throw new Error(a);
    default:
      throw new RouterError("INTERNAL", `the dispatch script answered ${JSON.stringify(kind)}`, { id });
  }
}

/** What an idempotency key stands for: the request, but for how its answer is to be delivered. */
function askedOf(data: string): string {
  const { stream: _stream, onBrokenStream: _broken, onDisconnect: _left, ...asked } = (JSON.parse(data) as JobData).request;
  return canonicalJson(asked);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
