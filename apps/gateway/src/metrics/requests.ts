import type { Observer, RequestEnd } from "@llm-router/client";
import type { Result } from "@llm-router/contracts";
import { Counter, Histogram, type Registry } from "prom-client";

/** From quick answers of the cache to the longest budgets, s. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1_800];

/** What a gateway measures of the requests that it submits itself. */
export function requestMetrics(register: Registry): Observer {
  const registers = [register];
  const histogram = <Label extends string>(name: string, help: string, label: Label) =>
    new Histogram({ name: `llmr_gateway_${name}_seconds`, help, labelNames: [label], buckets, registers });
  const requests = new Counter({
    name: "llmr_gateway_requests_total",
    help: "Requests that this gateway submitted, by their end.",
    labelNames: ["class", "model", "outcome"],
    registers,
  });
  const answers = new Counter({
    name: "llmr_gateway_answers_total",
    help: "Answers, by the cache that they came from (none: a model was called).",
    labelNames: ["cache"],
    registers,
  });
  const tokens = new Counter({
    name: "llmr_gateway_tokens_total",
    help: "Tokens of answers for which a model was called, as providers counted them.",
    labelNames: ["model", "kind"],
    registers,
  });
  const wait = histogram("wait", "Time that answered requests waited in queues.", "class");
  const run = histogram("run", "Time of the call that gave the answer.", "model");
  const firstToken = histogram("first_token", "Time from a streamed request to its first token.", "class");
  const total = histogram("total", "Time from acceptance to outcome, of answered requests.", "class");

  const countAnswer = (result: Result, name: RequestEnd["class"]): void => {
    answers.inc({ cache: result.cached === false ? "none" : result.cached });
    wait.observe({ class: name }, result.waitMs / 1_000);
    total.observe({ class: name }, result.latencyMs / 1_000);
    if (result.cached !== false) return;
    const model = result.modelUsed;
    run.observe({ model }, (result.attempts.at(-1)?.runMs ?? 0) / 1_000);
    tokens.inc({ model, kind: "prompt" }, result.usage.promptTokens);
    tokens.inc({ model, kind: "completion" }, result.usage.completionTokens);
  };
  return (end) => {
    const { class: name } = end;
    if (end.kind === "refused") {
      requests.inc({ class: name, model: "", outcome: "refused" });
      return;
    }
    const { outcome, firstTokenMs } = end;
    const model = outcome.state === "completed" ? outcome.result.modelUsed : (outcome.error.model ?? "");
    requests.inc({ class: name, model, outcome: outcome.state });
    if (firstTokenMs !== undefined) firstToken.observe({ class: name }, firstTokenMs / 1_000);
    if (outcome.state === "completed") countAnswer(outcome.result, name);
  };
}
