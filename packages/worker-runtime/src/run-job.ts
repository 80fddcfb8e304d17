import { collect, scrub } from "@llm-router/backends";
import { answerEligibility, type BackendAnswer, type BackendDelta, BackendError, type JobData, type Result } from "@llm-router/contracts";
import { type Confirm, type Decision, isFresh, type Run, type RunAbort } from "@llm-router/job-queue";
import { toBackendRequest } from "./backend-request.ts";
import { refreshBreaker } from "./breakers/read-breaker.ts";
import { countOne } from "./counters.ts";
import { aborted, callFailed, completed, failed, notCalled } from "./decisions.ts";
import { parseJobData } from "./job-data.ts";
import type { AnsweredRun } from "./options.ts";
import type { RunPorts } from "./ports.ts";
import { TokenBatcher } from "./token-batcher.ts";

/** The budget ends on Redis's clock, a moment before it ends here: the finish must find it over. */
const deadlineMarginMs = 10;
/** setTimeout takes no more. */
const maxTimerMs = 2_147_483_647;
/** With a Redis that is always slower than that, the last of so many answers has to do. */
const maxAsked = 3;

/** Runs one granted job to a decision. Never throws: what it did not expect is a failure INTERNAL. */
export async function runJob(run: Run, ports: RunPorts, confirm: Confirm): Promise<Decision> {
  ports.counters.runs += 1;
  const deadline = setTimeout(
    () => run.abort.abort("expired" satisfies RunAbort),
    Math.min(run.remainingMs + deadlineMarginMs, maxTimerMs),
  ).unref();
  try {
    const decision = await decide(run, ports, confirm);
    ports.counters.runMs += decision.runMs;
    return decision;
  } catch (error) {
    ports.logger.error({ err: error, id: run.id, model: run.model }, "a run failed inside the worker");
    return failed(run, "INTERNAL", "The worker failed on this request; its log says why.");
  } finally {
    clearTimeout(deadline);
  }
}

async function decide(run: Run, ports: RunPorts, confirm: Confirm): Promise<Decision> {
  const { data, problem } = parseJobData(run.data);
  if (problem !== undefined) return failed(run, "SCHEMA_MISMATCH", problem);
  const wantsError = run.streamed && data.onBrokenStream === "error";
  if (wantsError && run.sent)
    return failed(run, "STREAM_BROKEN", "The worker that sent the first tokens was lost, and the request did not ask for a restart.");
  if (ports.isLate(run)) return without(ports, "shutting down");
  if (needsAsking(run, ports)) {
    const reason = await ask(run, ports, confirm);
    if (reason) return reason;
  }
  if (ports.breaker.state === "open") return without(ports, "breaker open");
  return call(run, data, ports);
}

function without({ counters }: RunPorts, note: string): Decision {
  counters.notCalled += 1;
  return notCalled(note);
}

/**
 * Whether Redis must be asked before a call: what it said is not fresh any more (this process stood still, or the answer was long on its
 * way), and the job may be another worker's now; or the opening that we heard of is older than the grant, which may be a probe whose
 * half-opening we have not heard of yet.
 */
function needsAsking(run: Run, { breaker }: RunPorts): boolean {
  return !isFresh(run) || (breaker.state === "open" && run.grantedAt >= breaker.changedAt);
}

/** Asks for lock and breaker. Why no call may be made, if so; where Redis cannot say how the breaker is, what we know stands. */
async function ask(run: Run, { breaker, context, name, counters }: RunPorts, confirm: Confirm): Promise<Decision | undefined> {
  for (let asked = 0; asked === 0 || (asked < maxAsked && !isFresh(run)); asked++) {
    const [reason] = await Promise.all([confirm(), refreshBreaker(context, name, breaker).catch(() => undefined)]);
    if (reason) {
      counters.notCalled += 1;
      return reason;
    }
  }
  return undefined;
}

async function call(run: Run, data: JobData, ports: RunPorts): Promise<Decision> {
  const { breaker, counters } = ports;
  const { signal } = run.abort;
  const tokens = run.streamed ? newBatcher(run, ports) : undefined;
  let calledAt: number | undefined;
  let firstTokenAt: number | undefined;
  const onToken = (delta: BackendDelta): void => {
    firstTokenAt ??= performance.now();
    tokens?.push(delta);
  };
  try {
    const answer = await breaker.fire(() => {
      calledAt = performance.now();
      return callBackend(run, data, ports, tokens && onToken);
    });
    // From here on the answer is whole, and worth delivering whatever happens to the run.
    await tokens?.flush();
    const { decision, result } = completed(run, data, answer);
    countAnswer(ports, answer);
    const firstTokenMs = firstTokenAt === undefined || calledAt === undefined ? undefined : firstTokenAt - calledAt;
    ports.onAnswer?.(answeredRun(run, result, decision.runMs, firstTokenMs));
    keepForCache(data, result, ports);
    return decision;
  } catch (error) {
    await tokens?.discard();
    if (calledAt === undefined) return without(ports, "breaker open");
    if (signal.aborted) {
      const reason = signal.reason as RunAbort;
      countOne(counters.aborted, reason);
      return aborted(run, reason);
    }
    const failure = asFailure(error, data);
    countOne(counters.failed, failure.kind);
    return callFailed(run, failure, tokens?.sent === true && data.onBrokenStream === "error");
  }
}

async function callBackend(
  run: Run,
  data: JobData,
  { backend, model }: RunPorts,
  onDelta: ((delta: BackendDelta) => void) | undefined,
): Promise<BackendAnswer> {
  const { firstTokenTimeoutMs, tokenGapTimeoutMs } = model;
  const context = { id: run.id, signal: run.abort.signal, firstTokenTimeoutMs, tokenGapTimeoutMs };
  const deltas = backend.stream(toBackendRequest(data.request, model), context);
  return collect(deltas, onDelta);
}

function answeredRun(run: Run, result: Result, runMs: number, firstTokenMs: number | undefined): AnsweredRun {
  const { waitMs, latencyMs: totalMs } = result;
  return { model: run.model, waitMs, runMs, firstTokenMs, totalMs };
}

function newBatcher(run: Run, { context, counters, logger }: RunPorts): TokenBatcher {
  return new TokenBatcher({
    context,
    run,
    onVoid: () => run.abort.abort("lost" satisfies RunAbort),
    onAppended: (count) => {
      counters.deltas += count;
    },
    onFailure: (error) => {
      counters.appendFailures += 1;
      logger.debug({ err: error, id: run.id }, "could not append tokens");
    },
  });
}

/** Anything that a backend throws, as one of the table's failures. `aborted` without an abort of ours is the backend's own failure. */
function asFailure(error: unknown, { request }: JobData): BackendError {
  if (BackendError.is(error) && error.kind !== "aborted") return error;
  const text = error instanceof Error ? error.message : String(error);
  return new BackendError("server-error", scrub(text, { prompts: [request.prompt ?? "", request.system ?? ""] }), { cause: error });
}

function countAnswer({ counters }: RunPorts, { usage }: BackendAnswer): void {
  counters.completed += 1;
  counters.promptTokens += usage?.promptTokens ?? 0;
  counters.completionTokens += usage?.completionTokens ?? 0;
}

function keepForCache(data: JobData, result: Result, { keepForCache: keep, model }: RunPorts): void {
  if (data.cacheKey === undefined || !answerEligibility(result).eligible) return;
  const { content, reasoning, toolCalls, modelUsed, usage, finishReason, id } = result;
  keep({
    key: `${data.cacheKey}:${modelUsed}`,
    model: modelUsed,
    defaultTemperature: model.defaultTemperature,
    request: data.request,
    json: JSON.stringify({ content, reasoning, toolCalls, modelUsed, usage, finishReason, sourceRequestId: id }),
  });
}
