import type { Answer, AnswerWriter, ModelApi, ModelCall } from "./api.ts";
import { type CallLog, type CallRecord, now } from "./call-log.ts";
import type { Behaviour } from "./control.ts";
import type { Exchange } from "./exchange.ts";
import type { Fate } from "./fate.ts";
import type { AnswerPlan } from "./generate-text.ts";
import { sendTokens } from "./send-tokens.ts";

export interface GenerateOptions {
  api: ModelApi;
  call: ModelCall & { writer: AnswerWriter };
  plan: AnswerPlan;
  behaviour: Behaviour;
  fate: Fate;
  record: CallRecord;
  log: CallLog;
  exchange: Exchange;
  promptTokens: number;
}

/** Produces the tokens of a call that has its slot, up to its end or its break. */
export async function generate({
  api,
  call,
  plan,
  behaviour,
  fate,
  record,
  log,
  exchange,
  promptTokens: promptCount,
}: GenerateOptions): Promise<void> {
  const { writer, stream } = call;
  const broken = fate.kind === "break" ? fate : undefined;
  const pieces = broken === undefined ? plan.pieces : plan.pieces.slice(0, broken.after);
  if (behaviour.latencyMs > 0 && !(await exchange.sleep(behaviour.latencyMs))) return;
  const firstAt = now();
  const last = (): string => {
    const answer: Answer = {
      pieces,
      finish: broken === undefined ? plan.finish : undefined,
      promptTokens: promptCount,
      totalMs: now() - record.receivedAt,
      promptMs: behaviour.latencyMs,
      answerMs: now() - firstAt,
    };
    if (!stream) return writer.whole(answer);
    return answer.finish === undefined ? "" : writer.end({ ...answer, finish: answer.finish });
  };
  const head = () =>
    exchange.head(200, stream ? { "content-type": api.streamType, "transfer-encoding": "chunked" } : { "content-type": api.plainType });
  const rest = await sendTokens({
    pieces,
    tokensPerSecond: behaviour.tokensPerSecond,
    sleep: (ms) => exchange.sleep(ms),
    sent: (count) => log.sent(record, count),
    ...(stream ? { head, writer, write: (text: string) => exchange.write(text) } : {}),
  });
  if (rest === undefined) return;
  const begun = stream && pieces.length > 0;

  switch (broken?.how) {
    case "stall":
      if (begun) exchange.write(rest);
      await exchange.wait(() => () => undefined); // keeps its slot, as a stuck model does
      return;
    case "cut":
      log.end(record, "cut");
      if (begun) exchange.write(rest);
      return exchange.cut();
    case "error": {
      const problem = { status: 500, message: broken.message ?? "an error was encountered while running the model: unexpected EOF" };
      log.end(record, "error", { status: begun ? 200 : 500, error: problem.message });
      if (begun) return exchange.end(rest + writer.fail(problem.message));
      return exchange.problem(problem, api.problemBody(problem), api.plainType);
    }
    default:
      log.end(record, broken === undefined ? "completed" : "unfinished", { status: 200 });
      head();
      return exchange.end(rest + last());
  }
}
