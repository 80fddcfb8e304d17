import type { Attempt, BreakerState, Skipped } from "@llm-router/contracts";
import { asList, type ScriptReply } from "./scripts.ts";

/** One run of a request, granted to this worker by the fetch script. */
export interface Run {
  id: string;
  model: string;
  /** The number of this run; what an older one sends is void. */
  epoch: number;
  /** The job's data as the client wrote it (JSON). */
  data: string;
  /** What was left of the budget when it was granted, ms. */
  remainingMs: number;
  /** Wait before this run, and in all. */
  waitMs: number;
  totalWaitMs: number;
  attempts: Attempt[];
  skipped: Skipped[];
  counted: number;
  maxAttempts: number;
  /** Deltas are to be written to the request's stream. */
  streamed: boolean;
  breaker: BreakerState;
  /** The last seq of its stream so far. */
  lastSeq: number;
  /** An earlier run already sent deltas on. */
  sent: boolean;
  /** From acceptance to this grant, ms. */
  elapsedMs: number;
  /** performance.now() when the grant's answer was here. */
  grantedAt: number;
  /** performance.now() when it was granted, at the earliest. */
  askedAt: number;
  /** performance.now() from which its lock counts, at the earliest. */
  lockedAt: number;
  /** performance.now() when Redis was last asked whether this grant still holds: no opening of the breaker before it was missed. */
  confirmedAt: number;
  lockToken: string;
  /** Aborted with a {@link RunAbort} when the run must stop: cancelled, expired, its lock lost, or shutdown. */
  readonly abort: AbortController;
}

export type RunAbort = "cancelled" | "expired" | "lost" | "shutdown";

/** What becomes of a run; see finish.lua. */
export type Decision = {
  /** complete, fail: the outcome is final. move: the call failed. hold: the provider limits the rate. release: no call was made. drop: we aborted it. */
  mode: "complete" | "fail" | "move" | "hold" | "release" | "drop";
  /** complete, fail: the outcome; move, hold: the attempt; JSON. */
  json?: string;
  /** complete: the outcome as those who wait are told it, where their stream has given the text: without `content` and `reasoning` (default: whole). */
  told?: string;
  breaker: "ok" | "fail" | "none";
  runMs: number;
  /** Prompt and completion, where known. */
  tokens?: number;
  holdMs?: number;
  /** This model can never serve the request. */
  refused?: boolean;
  /** For BullMQ's returnvalue or failedReason: never the answer or the prompt. */
  note: string;
};

export interface Grant {
  run?: Run;
  /** With a run: there may be another one for the asking. Without, it is of no use to ask before the queue is woken. */
  more?: boolean;
  /** When there is none: until when not to ask again, as a delay in ms; undefined: until woken. */
  retryInMs?: number;
  /** Redis's clock is ahead of performance.now() by so much at most, ms. */
  clockLead?: number;
}

/** Reads the answer of the fetch script, which others give too. `askedAt`: performance.now() before it was given; `lockedAt`: the time from which its lock counts. */
export function parseGrant(reply: ScriptReply, model: string, askedAt = performance.now(), lockedAt = askedAt): Grant {
  const [data, id, more, until, now, info] = reply;
  // A part of a millisecond is not told.
  const clockLead = Number(now) + 1 - askedAt;
  if (typeof id !== "string") {
    const waitMs = Number(until) - Number(now);
    return Number(until) > 0 ? { clockLead, retryInMs: Math.max(waitMs, 1) } : { clockLead };
  }
  const [
    epoch,
    remainingMs,
    waitMs,
    totalWaitMs,
    attempts,
    skipped,
    counted,
    maxAttempts,
    streamed,
    breaker,
    lastSeq,
    sent,
    elapsedMs,
    lockToken,
    ageMs,
  ] = asList(info);
  // One that is told again may be old: its breaker may have opened since.
  const grantAskedAt = askedAt - Number(ageMs);
  return {
    clockLead,
    more: more === 1,
    run: {
      id,
      model,
      epoch: Number(epoch),
      data: String(data),
      remainingMs: Number(remainingMs),
      waitMs: Number(waitMs),
      totalWaitMs: Number(totalWaitMs),
      attempts: parseList<Attempt>(attempts),
      skipped: parseList<Skipped>(skipped),
      counted: Number(counted),
      maxAttempts: Number(maxAttempts),
      streamed: streamed === "1",
      breaker: breaker as BreakerState,
      lastSeq: Number(lastSeq),
      sent: sent === "1",
      elapsedMs: Number(elapsedMs),
      grantedAt: performance.now(),
      askedAt: grantAskedAt,
      lockedAt,
      confirmedAt: grantAskedAt,
      lockToken: String(lockToken),
      abort: new AbortController(),
    },
  };
}

/** Objects joined by commas; mostly there are none. */
function parseList<T>(text: unknown): T[] {
  return text === "" ? [] : (JSON.parse(`[${String(text)}]`) as T[]);
}
