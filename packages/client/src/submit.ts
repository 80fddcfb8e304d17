import { setTimeout as delay } from "node:timers/promises";
import {
  estimateTokens,
  type JobData,
  newRequestId,
  parseRequest,
  type Request,
  resolvePriority,
  schemaVersion,
} from "@llm-router/contracts";
import { planRequest, refusalError } from "@llm-router/dispatcher";
import { dispatch, type DispatchInput, type DispatchReply, type SharedConfig } from "@llm-router/job-queue";
import { answerAtOnce } from "./answer-at-once.ts";
import { isServedBy, lookUp } from "./cache-lookup.ts";
import { noteCache } from "./cache-misses.ts";
import { planCache } from "./cache-plan.ts";
import type { Connection } from "./connection.ts";
import { watch } from "./observe.ts";
import { keepEarly, type Pending } from "./pending.ts";
import { noteSemanticHit } from "./semantic-lookup.ts";

/** What a kind of call assumes where the request says nothing. */
export interface CallDefaults {
  timeoutMs: number;
  streamed: boolean;
  onBrokenStream: "error" | "restart";
  onDisconnect: "cancel" | "continue";
}

export const generateDefaults: CallDefaults = { timeoutMs: 120_000, streamed: false, onBrokenStream: "restart", onDisconnect: "cancel" };
export const streamDefaults: CallDefaults = { timeoutMs: 120_000, streamed: true, onBrokenStream: "error", onDisconnect: "cancel" };
export const enqueueDefaults: CallDefaults = { timeoutMs: 86_400_000, streamed: true, onBrokenStream: "restart", onDisconnect: "continue" };

export interface Submitted {
  /** Its own id, or that of the run that an idempotency key belongs to. */
  id: string;
  pending: Pending;
  /** What was quoted at acceptance; undefined when it did not have to wait. */
  expectedWaitMs: number | undefined;
}

/** Between two tries, ms. */
const retryMs = 100;
/** How long past its budget a request is waited for: Redis ends it there, and this is for a Redis that is away. */
const graceMs = 10_000;

/**
 * Validates a request, plans it and has it accepted.
 * @throws {RouterError} INVALID_REQUEST, PROMPT_TOO_LARGE, a refusal's code, REDIS_UNAVAILABLE, REDIS_FULL, CLOSED.
 */
export async function submit(connection: Connection, input: Request, defaults: CallDefaults, replayOf?: string): Promise<Submitted> {
  // First what needs no Redis: a wrong request is told so even when Redis is away.
  const knownLimits = connection.config.known?.limits;
  let request = parseRequest(input, knownLimits);
  await connection.connected();
  const config = connection.config.fresh ?? (await connection.insist("reading the configuration", () => connection.config.get()));
  if (config.limits.maxPromptBytes !== knownLimits?.maxPromptBytes) request = parseRequest(input, config.limits);
  const { class: priorityClass, rank, priority } = resolvePriority(request.priority);
  const plan = planRequest(request, priorityClass, config);
  const timeoutMs = request.timeoutMs ?? defaults.timeoutMs;
  const streamed = request.stream ?? defaults.streamed;
  const onBrokenStream = request.onBrokenStream ?? defaults.onBrokenStream;
  const cache = planCache(request, plan, config);
  // Nobody but its caller knows of such a request, so it may be answered before Redis has heard of it.
  const isOwn =
    !streamed && (request.onDisconnect ?? defaults.onDisconnect) === "cancel" && request.idempotencyKey === undefined && !replayOf;
  const looking = lookUp(connection, request, cache, isOwn);
  const id = newRequestId(connection.clientId);
  const order: Omit<DispatchInput, "data"> = {
    id,
    clientId: connection.clientId,
    classRank: rank,
    priority,
    ...plan,
    timeoutMs,
    streamed,
    onBrokenStream,
    tenant: request.tenant ?? "",
    idempotencyKey: request.idempotencyKey,
    cacheKey: cache.key,
    cacheMode: cache.mode,
    tokenEstimate:
      estimateTokens(request) + (request.maxTokens ?? config.models.get(plan.candidates[0]?.model ?? "")?.defaultMaxTokens ?? 512),
    resultTtlMs: config.retention.resultTtlMs,
    streamTtlMs: config.retention.streamTtlMs,
    idempotencyTtlMs: config.retention.idempotencyTtlMs,
    deadLetterTtlMs: config.retention.deadLetterTtlMs,
    replayOf,
    configVersion: config.version,
  };
  const found = await looking;
  if (found.exact) return answerAtOnce(connection, order, priorityClass, found.exact);
  const cacheSkip = cache.skip ?? found.skip;
  const data: JobData = {
    v: schemaVersion,
    request,
    onBrokenStream,
    ...(cache.key === undefined ? {} : { cacheKey: cache.key }),
    ...(cacheSkip === undefined ? {} : { cacheSkip }),
  };
  const dispatchInput: DispatchInput = { ...order, cacheSkip, semantic: found.semantic, data: JSON.stringify(data) };
  const giveUpAt = performance.now() + timeoutMs + graceMs;
  const resubmit = async () => {
    accept(connection, await place(connection, dispatchInput), config, pending);
  };
  // Before it is sent: the outcome may be here before the answer to the submission.
  const pending = connection.pending.open(id, giveUpAt, resubmit);
  if (streamed) keepEarly(pending);
  const watched = watch(connection, { class: priorityClass, tenant: order.tenant }, pending);
  try {
    const reply = await place(connection, dispatchInput);
    noteCache(connection, cache, found, reply);
    const accepted = accept(connection, reply, config, pending);
    watched.accepted(accepted.id);
    if (found.semantic && isServedBy(reply, "semantic"))
      noteSemanticHit(connection, accepted.id, found.semantic, config.retention.resultTtlMs);
    await replicate(connection, resubmit);
    return { ...accepted, expectedWaitMs: reply.kind === "placed" ? reply.expectedWaitMs : undefined };
  } catch (error) {
    pending.fail(error);
    watched.refused(error);
    connection.abandon(id, error);
    throw error;
  }
}

/** Where it is asked for: waits for a replica. After a lost connection it is submitted again first, because the server that is there then may not have heard of it. */
async function replicate(connection: Connection, resubmit: () => Promise<void>): Promise<void> {
  const { replicas } = connection;
  if (!replicas) return;
  let wasTried = false;
  await connection.insist("waiting for a replica", async () => {
    if (wasTried) await resubmit();
    wasTried = true;
    await replicas.confirm();
  });
}

/** Dispatches; again, after an outage, while workers may not have said yet that they live. A refusal leaves nothing behind. */
async function place(connection: Connection, input: DispatchInput): Promise<DispatchReply> {
  for (;;) {
    const reply = await connection.insist("submitting the request", () => dispatch(connection.context, input));
    const lacksWorker = reply.kind === "refused" && reply.skipped.some(({ reason }) => reason === "no worker");
    if (!lacksWorker || !connection.isJustBack) return reply;
    await delay(retryMs);
  }
}

function accept(connection: Connection, reply: DispatchReply, config: SharedConfig, own: Pending): { id: string; pending: Pending } {
  connection.config.notice(reply.configVersion);
  if (reply.kind === "refused") throw refusalError(reply, config);
  if (reply.kind === "placed") return { id: own.id, pending: own };
  if (reply.id !== own.id) return { id: reply.id, pending: follow(connection, own, reply) };
  if (reply.kind === "settled") own.settle(reply.outcome);
  return { id: own.id, pending: own };
}

/** An idempotency key that is known: this call shares the run that the key belongs to. */
function follow(connection: Connection, own: Pending, reply: Extract<DispatchReply, { kind: "settled" | "open" }>): Pending {
  const isKnown = connection.pending.get(reply.id) !== undefined;
  const shared = connection.pending.open(reply.id, own.giveUpAt);
  for (const listener of own.listeners) shared.listeners.add(listener);
  shared.promise.then((outcome) => own.settle(outcome, shared.isCut), own.fail);
  if (reply.kind === "settled") shared.settle(reply.outcome);
  // Its outcome may have come, by the other connection, before this reply did, and nobody was there to take it.
  else if (!isKnown) void connection.reconcile(reply.id).catch((error: unknown) => shared.fail(error));
  return shared;
}
