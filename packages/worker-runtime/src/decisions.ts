import {
  type Attempt,
  type BackendAnswer,
  type BackendError,
  type ErrorCode,
  failureTable,
  type JobData,
  type Outcome,
  type Result,
} from "@llm-router/contracts";
import type { Decision, Run, RunAbort } from "@llm-router/job-queue";

const noUsage = { promptTokens: 0, completionTokens: 0, totalTokens: 0 };
/** Where a provider limits the rate and does not say for how long, ms. */
const defaultHoldMs = 1_000;
/** A provider that says "at once" is not believed: its next call would be the same one, ms. */
const shortestHoldMs = 100;
const maxMessage = 400;
/** Characters of an answer that its stream has given, up to which those who waited are told it once more, with the outcome. */
const maxToldTwice = 16_384;

/** Time from the grant to now, ms. */
function runMsOf(run: Run): number {
  return Math.round(performance.now() - run.grantedAt);
}

/** From acceptance to now: up to the grant on Redis's clock, from there on this worker's monotonic one. */
function latencyMsOf(run: Run, runMs: number): number {
  return run.elapsedMs + runMs;
}

/** The whole answer is here. */
export function completed(run: Run, data: JobData, answer: BackendAnswer): { decision: Decision; result: Result } {
  const runMs = runMsOf(run);
  const { content, reasoning, toolCalls, usage = noUsage, finishReason = "stop" } = answer;
  // The frame first, in this order: the scripts put another in its place for a request that shares the call (lua/include/coalesce.lua).
  const result: Result = {
    id: run.id,
    success: true,
    latencyMs: latencyMsOf(run, runMs),
    waitMs: run.totalWaitMs,
    cached: false,
    coalesced: false,
    content,
    ...(reasoning !== undefined && { reasoning }),
    ...(toolCalls !== undefined && { toolCalls }),
    modelUsed: run.model,
    usage,
    finishReason,
    attempts: [...run.attempts, { model: run.model, waitMs: run.waitMs, runMs, outcome: "completed", breaker: run.breaker }],
    skipped: run.skipped,
    ...(data.cacheSkip !== undefined && { cacheSkip: data.cacheSkip }),
  };
  const outcome: Outcome = { state: "completed", id: run.id, result };
  const isLong = content.length + (reasoning?.length ?? 0) > maxToldTwice;
  const decision: Decision = {
    mode: "complete",
    json: JSON.stringify(outcome),
    ...(run.streamed && isLong && { told: JSON.stringify({ ...outcome, result: { ...result, content: "", reasoning: undefined } }) }),
    breaker: "ok",
    runMs,
    ...(answer.usage && { tokens: answer.usage.totalTokens }),
    note: JSON.stringify({ id: run.id, model: run.model, usage }),
  };
  return { decision, result };
}

/**
 * A call that failed, by the one table of failures.
 * @param broken The caller has tokens of this run already and wants an error rather than a restart.
 */
export function callFailed(run: Run, error: BackendError, broken: boolean): Decision {
  const { countsForBreaker, then } = failureTable[error.kind];
  const message = clip(error.message);
  const attempt = attemptOf(run, error.kind, error.code, message);
  const breaker = countsForBreaker ? "fail" : "none";
  const json = JSON.stringify(attempt);
  const note = `${error.code}: ${message}`;
  const { runMs } = attempt;
  if (then === "fail") return failed(run, error.code, message, { attempt, breaker });
  if (broken) return failed(run, "STREAM_BROKEN", `The stream broke after tokens were sent: ${message}`, { attempt, breaker });
  if (then === "hold")
    return { mode: "hold", json, breaker, runMs, holdMs: Math.max(error.retryAfterMs ?? defaultHoldMs, shortestHoldMs), note };
  return { mode: "move", json, breaker, runMs, ...(then === "next" && { refused: true }), note };
}

/** A final failure. Without an attempt, no call was made in this run. */
export function failed(run: Run, code: ErrorCode, message: string, call?: { attempt: Attempt; breaker: "fail" | "none" }): Decision {
  const runMs = call?.attempt.runMs ?? 0;
  const outcome: Outcome = {
    state: "failed",
    id: run.id,
    error: { code, message, model: run.model },
    attempts: call ? [...run.attempts, call.attempt] : run.attempts,
    skipped: run.skipped,
    latencyMs: latencyMsOf(run, runMs),
  };
  return {
    mode: "fail",
    json: JSON.stringify(outcome),
    breaker: call?.breaker ?? "none",
    runMs,
    ...(call ? {} : { tokens: 0 }),
    note: `${code}: ${message}`,
  };
}

/** The run was stopped from outside. Its request is settled, or goes back to its place. */
export function aborted(run: Run, reason: RunAbort): Decision {
  return { mode: reason === "shutdown" ? "release" : "drop", breaker: "none", runMs: runMsOf(run), note: reason };
}

/** No call was made: the request goes to another candidate, or back to its place, and what was reserved of the rate is given back. */
export function notCalled(note: string): Decision {
  return { mode: "release", breaker: "none", runMs: 0, tokens: 0, note };
}

function attemptOf(run: Run, outcome: string, errorCode: ErrorCode, message: string): Attempt {
  return { model: run.model, waitMs: run.waitMs, runMs: runMsOf(run), outcome, errorCode, breaker: run.breaker, message };
}

function clip(message: string): string {
  return message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message;
}
