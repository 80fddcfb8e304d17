import type { Request } from "@llm-router/contracts";
import { Random } from "./random.ts";

/**
 * How a request is submitted and followed. `deltas`: stream(); `events`: enqueue() and events(); `generate` and `enqueue` wait for the outcome only. Through a
 * gateway: `http-plain`: POST /generate; `http-job`: POST /v1/jobs, looked at until it has ended; `http-events`: its events are read.
 */
export type CallKind = "generate" | "enqueue" | "deltas" | "events" | HttpCall;
type HttpCall = "http-plain" | "http-job" | "http-events";

export interface PlannedRequest {
  /** Unique in a run. */
  n: string;
  call: CallKind;
  request: Request & { prompt: string };
  /** Of a call over HTTP: the gateway that is asked first. */
  gateway?: number;
  /** Its events are cut off after so many, and read on at the other gateway. */
  cutAfter?: number;
  /** AbortSignal after so many ms; over HTTP the caller hangs up. */
  abortAfterMs?: number;
  /** Leaves the stream after so many deltas. */
  leaveAfter?: number;
  /** Another producer is told the id, and cancels it or follows its events; through this gateway, or by itself. */
  hand?: { act: "cancel" | "attach"; afterMs: number; gateway?: number };
}

export interface PlannedStep {
  /** More than one: submitted together. */
  requests: PlannedRequest[];
  /** Before the next step of the lane, ms. */
  pauseMs: number;
}

const priorities: [string | number, ...(string | number)[]] = [
  "critical",
  "high",
  "normal",
  "normal",
  "low",
  "low",
  700,
  1_200,
  2_900,
  3_100,
];
const tenants = ["red", "green", "blue"] as const;
const calls = ["generate", "enqueue", "enqueue", "deltas", "deltas", "events"] as const;
const httpCalls = ["http-plain", "http-job", "http-events", "http-events"] as const;

/** What the producer in `slot` does as its step `index`: the same for the same seed. */
export function planStep(seed: number, slot: number, index: number): PlannedStep {
  const random = new Random(seed).fork(`load/${slot}/${index}`);
  const name = `${slot}-${index}`;
  const pauseMs = random.int(5, 120);
  if (random.chance(0.02)) {
    const count = random.int(4, 9);
    return {
      pauseMs,
      requests: Array.from({ length: count }, (_, i) => plain(random, `${name}-${i}`, { call: "enqueue", model: "narrow" })),
    };
  }
  if (random.chance(0.07)) return { pauseMs, requests: [repeated(seed, random, index, name)] };
  if (random.chance(0.04)) return { pauseMs, requests: equals(seed, random, index, name) };
  if (random.chance(0.04))
    return { pauseMs, requests: [plain(random, name, { call: "enqueue", model: "metered", timeoutMs: random.int(2_000, 9_000) })] };
  if (random.chance(0.2)) return { pauseMs, requests: [overHttp(random, plain(random, name, { call: random.pick(httpCalls) }))] };
  return { pauseMs, requests: [plain(random, name)] };
}

function plain(random: Random, n: string, fixed: { call?: CallKind; model?: string; timeoutMs?: number } = {}): PlannedRequest {
  const call = fixed.call ?? random.pick(calls);
  const timeoutMs = fixed.timeoutMs ?? budget(random);
  const streamed = call === "deltas" || call === "events" || (call === "http-events" && random.chance(0.8));
  const planned: PlannedRequest = {
    n,
    call,
    request: {
      prompt: `Say something about [[${n}]].`,
      priority: random.pick(priorities),
      tenant: random.pick(tenants),
      timeoutMs,
      stream: streamed,
      ...target(random, fixed.model),
      ...(streamed && random.chance(0.5) && { onBrokenStream: random.pick(["error", "restart"]) }),
      ...(random.chance(0.1) && { maxTokens: random.int(2, 6) }),
    },
  };
  const fate = random.next();
  if (fate < 0.05) planned.abortAfterMs = random.int(5, 600);
  else if (fate < 0.1 && call === "deltas") planned.leaveAfter = random.int(1, 5);
  else if (fate > 0.92 && call !== "generate" && call !== "http-plain")
    planned.hand = { act: random.pick(["cancel", "attach"]), afterMs: random.int(0, 500) };
  if (planned.hand && (streamed || planned.hand.act === "cancel") && random.chance(0.5)) planned.hand.gateway = random.int(0, 1);
  return planned;
}

/** Through a gateway. What ends a request early here is a DELETE, or a caller of POST /generate that hangs up. */
function overHttp(random: Random, planned: PlannedRequest): PlannedRequest {
  const { abortAfterMs, ...rest } = planned;
  return {
    ...rest,
    gateway: random.int(0, 1),
    ...(abortAfterMs !== undefined && planned.call === "http-plain" && { abortAfterMs }),
    ...(planned.call === "http-events" && random.chance(0.5) && { cutAfter: random.int(1, 8) }),
  };
}

function budget(random: Random): number {
  const kind = random.next();
  if (kind < 0.07) return random.int(250, 1_500);
  return kind < 0.4 ? random.int(4_000, 15_000) : 300_000;
}

function target(random: Random, model: string | undefined): Pick<Request, "model" | "models"> {
  if (model !== undefined) return { model };
  const kind = random.next();
  if (kind < 0.12) return { model: random.pick(["alpha", "beta"]) };
  if (kind < 0.2)
    return {
      models: random.pick([
        ["alpha", "narrow"],
        ["beta", "alpha"],
        ["narrow", "beta"],
      ]),
    };
  return {};
}

/**
 * Some requests for one prompt at temperature 0, which other producers ask for too about now, so that they share calls and
 * answers. They differ in tenant, budget and what is to become of a broken stream, some are cancelled or read by others, but they
 * differ in nothing that would give them other candidates or another place.
 */
function equals(seed: number, random: Random, index: number, name: string): PlannedRequest[] {
  const number = Math.floor(index / 10);
  const priority = new Random(seed).fork(`shared/${number}`).pick(["high", "normal", "low"]);
  return Array.from({ length: random.int(2, 5) }, (_, i) => {
    const planned = plain(random, `${name}-${i}`, { call: random.pick([...calls, ...httpCalls]), timeoutMs: budget(random) });
    const request = {
      prompt: `Say something about [[same-${number}]].`,
      priority,
      tenant: random.pick(["red", "green"]),
      timeoutMs: planned.request.timeoutMs ?? 0,
      temperature: 0,
      ...(planned.request.stream === true && { stream: true, onBrokenStream: random.pick(["error", "restart"] as const) }),
    };
    const followed = { ...planned, request };
    return followed.call.startsWith("http") ? overHttp(random, followed) : followed;
  });
}

/** A request with an idempotency key, which other producers submit too about now. Now and then its body is another one. */
function repeated(seed: number, random: Random, index: number, n: string): PlannedRequest {
  const key = Math.floor(index / 20) * 3 + random.int(0, 2);
  const shared = new Random(seed).fork(`key/${key}`);
  const differs = random.chance(0.08);
  const call = random.pick(["enqueue", "generate", "http-plain", "http-job"] as const);
  return {
    n,
    call,
    ...(call.startsWith("http") && { gateway: random.int(0, 1) }),
    request: {
      prompt: `Say something about [[key-${key}${differs ? `-${n}` : ""}]].`,
      priority: shared.pick(priorities),
      tenant: shared.pick(tenants),
      timeoutMs: shared.pick([9_000, 300_000]),
      stream: false,
      idempotencyKey: `key-${key}`,
    },
  };
}
