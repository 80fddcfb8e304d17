import type { Attempt, Event } from "@llm-router/contracts";
import type { CallKind } from "./load.ts";

/**
 * What a run leaves behind: one JSON object a line, each with its kind `k`. Times are ms since the epoch; Redis, producers
 * and simulators run on one machine, and so on one clock.
 */
export type Line =
  | RunLine
  | FaultLine
  | ProcessLine
  | SubmitLine
  | AcceptedLine
  | RefusedLine
  | SeenLine
  | OutcomeLine
  | GaveUpLine
  | WaitingLine
  | CallLine
  | SampleLine
  | LagLine
  | TransitionLine
  | RecordLine
  | StatsLine
  | KeyLine;

/** How the run was started. */
export interface RunLine {
  k: "run";
  seed: number;
  minutes: number;
  fsync: "everysec" | "always";
  namespace: string;
  at: number;
  /** Faults were off from then on. */
  drainAt: number;
  endAt: number;
  rpm: Record<string, number>;
  halfOpenProbes: number;
  mutant?: string;
}

export interface FaultLine {
  k: "fault";
  kind: string;
  target: string;
  at: number;
  endAt: number;
  inFlight: number;
  /** Until `endAt` nobody, or only some, could reach Redis. */
  redisAway?: "all" | "some";
}

export interface ProcessLine {
  k: "process";
  name: string;
  role: "worker" | "gateway" | "producer" | "simulator" | "redis";
  what: "started" | "killed" | "stopped" | "continued" | "ended";
  at: number;
}

export interface SubmitLine {
  k: "submit";
  p: string;
  n: string;
  at: number;
  call: CallKind;
  marker: string;
  timeoutMs: number;
  streamed: boolean;
  broken: "error" | "restart";
  tenant: string;
  /** Of an idempotent request. */
  key?: string;
  /** Others ask the same at temperature 0, and may share its call or its answer. */
  shared?: true;
}

export interface AcceptedLine {
  k: "accepted";
  p: string;
  n: string;
  at: number;
  id: string;
  /** The gateway that accepted it for `p`. */
  via?: string;
}

/** No outcome will come: refused, or its submission failed. */
export interface RefusedLine {
  k: "refused";
  p: string;
  n: string;
  at: number;
  code: string;
}

/** An event or a delta that a reader was given. `r` names the reader. */
export interface SeenLine {
  k: "seen";
  p: string;
  r: string;
  id: string;
  at: number;
  seq: number;
  type: string;
  epoch?: number;
  text?: string;
  restart?: true;
  finish?: string;
  /** The reader is given every event, not deltas only. */
  all?: true;
}

/** An outcome that a caller was given. `r`: which promise. */
export interface OutcomeLine {
  k: "outcome";
  p: string;
  r: string;
  id: string;
  at: number;
  state: string;
  code?: string;
  content?: string;
  /** It came from the exact cache. */
  cached?: true;
  /** The gateways that were asked for it. */
  via?: readonly string[];
}

/** A promise for an outcome was rejected without one. */
export interface GaveUpLine {
  k: "gave-up";
  p: string;
  r: string;
  id: string;
  at: number;
  code: string;
  message: string;
  via?: readonly string[];
}

/** A promise that was still open at the end of the run. */
export interface WaitingLine {
  k: "waiting";
  p: string;
  r: string;
  at: number;
  id?: string;
}

/** A call at a simulator: one line when it arrives, one when it ends. */
export interface CallLine {
  k: "call";
  sim: string;
  /** Unique in a run. */
  c: string;
  model: string;
  at: number;
  id: string | null;
  marker: string;
  outcome?: string;
}

/** Inside Redis, in one script: depth, bound, active, concurrency of each model. */
export interface SampleLine {
  k: "sample";
  at: number;
  open: number;
  models: Record<string, [depth: number, max: number, active: number, concurrency: number]>;
}

/** A timer of a worker or a simulator was late by `ms`. */
export interface LagLine {
  k: "lag";
  at: number;
  ms: number;
}

export interface TransitionLine {
  k: "breaker";
  /** The stream entry's id. */
  entry: string;
  model: string;
  state: "closed" | "open" | "half-open";
  at: number;
}

/** A request's record as it stood at the end. */
export interface RecordLine {
  k: "record";
  id: string;
  state: string;
  model: string;
  classRank: number;
  priority: number;
  seq: number;
  epoch: number;
  at: number;
  deadline: number;
  maxWaitMs: number;
  streamed: boolean;
  tenant?: string;
  settledAt?: number;
  code?: string;
  content?: string;
  modelUsed?: string;
  /** Answered by an equal request's call. */
  coalesced?: true;
  /** Answered by the cache. */
  cached?: string;
  attempts: Attempt[];
  history: Event[];
}

interface StatsLine {
  k: "stats";
  fields: Record<string, string>;
}

/** A key at the end. `ttl` as PTTL says it: −1 for none. */
export interface KeyLine {
  k: "key";
  key: string;
  type: string;
  ttl: number;
  size: number;
}
