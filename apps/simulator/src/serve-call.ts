import { type AnswerWriter, type ModelApi, type ModelCall, type Problem, ProblemError, type Refusal } from "./api.ts";
import type { Behaviours } from "./behaviour.ts";
import type { CallLog } from "./call-log.ts";
import type { Behaviour } from "./control.ts";
import type { Exchange } from "./exchange.ts";
import type { Fate } from "./fate.ts";
import { generate } from "./generate.ts";
import { markerOf, planAnswer, promptHash } from "./generate-text.ts";

export interface ServeCallPorts {
  api: ModelApi;
  body: string;
  requestId: string | null;
  behaviours: Behaviours;
  log: CallLog;
  /** Opens the exchange; the function is called when the connection closes too early. */
  open: (onGone: () => void) => Exchange;
  /** Whether the simulator itself is closing connections now. */
  isCutting: () => boolean;
}

/** Reads one call, decides what befalls it, waits for its slot and answers. */
export async function serveCall({ api, body, requestId, behaviours, log, open, isCutting }: ServeCallPorts): Promise<void> {
  const call = readCall(api, body);
  const known = call instanceof ProblemError ? { model: "", stream: false, prompt: "" } : call;
  const marker = markerOf(known.prompt);
  const record = log.receive({
    model: known.model,
    api: api.name,
    stream: known.stream,
    requestId,
    marker,
    promptHash: promptHash(known.prompt),
  });
  const exchange = open(() => log.end(record, isCutting() ? "cut" : "aborted"));
  const refuse = (problem: Problem) => {
    log.end(record, "error", { status: problem.status, error: problem.message });
    exchange.problem(problem, api.problemBody(problem), "application/json; charset=utf-8");
  };

  if (call instanceof ProblemError) return refuse(call.problem);
  const behaviour = behaviours.of(call.model);
  const reason = refusalOf(call, behaviour, behaviours.exists(call.model));
  if (reason !== undefined) return refuse(api.refusal(reason, call.model));
  const fate = behaviours.fate(call.model, record.receivedAt);
  const problem = problemOf(api, call.model, fate);
  if (problem !== undefined) return refuse(problem);
  if (fate.kind === "hang") return;
  if (fate.kind === "reset") {
    log.end(record, "cut");
    return exchange.cut();
  }
  if (fate.kind === "garbage") {
    log.end(record, "unfinished", { status: 200 });
    exchange.head(200, { "content-type": call.stream ? api.streamType : api.plainType });
    return exchange.end("<html><body>simulated garbage, not JSON</body></html>\n");
  }
  if (call.instead !== undefined) {
    log.end(record, "completed", { status: 200 });
    exchange.head(200, { "content-type": api.plainType });
    return exchange.end(call.instead);
  }

  const slots = behaviours.slots(call.model);
  if (!slots.tryTake() && !(await exchange.wait((granted) => slots.queue(granted)))) return;
  try {
    // Between the grant and this line the client may have gone.
    if (exchange.gone) return;
    log.start(record);
    const plan = planAnswer({ ...call, marker, wantsReasoning: call.wantsReasoning ?? true }, behaviour);
    await generate({ api, call, plan, behaviour, fate, record, log, exchange, promptTokens: promptTokens(call, behaviour) });
  } finally {
    slots.release();
  }
}

function readCall(api: ModelApi, body: string): (ModelCall & { writer: AnswerWriter }) | ProblemError {
  try {
    return api.read(body);
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}

function contextLimit(call: ModelCall, behaviour: Behaviour): number {
  return Math.min(call.contextLength ?? Infinity, behaviour.contextLength || Infinity);
}

function promptTokens(call: ModelCall, behaviour: Behaviour): number {
  return Math.min(call.promptTokens, contextLimit(call, behaviour));
}

function refusalOf(call: ModelCall, behaviour: Behaviour, exists: boolean): Refusal | undefined {
  if (!exists) return "unknown-model";
  if (call.hasTools && !behaviour.supportsTools) return "no-tools";
  if (call.hasImages && !behaviour.supportsImages) return "no-images";
  if (call.wantsReasoning === true && behaviour.reasoning === null) return "no-thinking";
  if (!call.truncates && call.promptTokens > contextLimit(call, behaviour)) return "context-length";
  return undefined;
}

function problemOf(api: ModelApi, model: string, fate: Fate): Problem | undefined {
  if (fate.kind === "busy") return api.refusal("busy", model);
  if (fate.kind === "rate-limit") return { ...api.refusal("rate-limited", model), retryAfterSeconds: fate.retryAfterSeconds };
  if (fate.kind !== "status") return undefined;
  const known =
    fate.status === 429 ? api.refusal("rate-limited", model) : { status: fate.status, message: api.defaultMessage(fate.status) };
  return {
    ...known,
    ...(fate.message === undefined ? {} : { message: fate.message }),
    ...(fate.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fate.retryAfterSeconds }),
  };
}
