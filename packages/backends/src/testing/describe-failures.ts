import type { FailureKind } from "@llm-router/contracts";
import { describe, expect, test } from "vitest";
import { asFailure, contextWith, failureOf, observe, play, requestFor, streamOf, textOf, tokens } from "./harness.ts";
import type { BackendSetup, Scenario } from "./scenario.ts";

interface FailureCase {
  name: string;
  scenario: Scenario;
  kind: FailureKind;
  retryAfterMs?: number;
}

const status = (code: number, message: string, retryAfterSeconds?: number): Scenario => ({
  kind: "status",
  status: code,
  message,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

const failureCases: FailureCase[] = [
  { name: "nobody listens", scenario: { kind: "refuse" }, kind: "unreachable" },
  { name: "a connection reset before the answer", scenario: { kind: "reset" }, kind: "unreachable" },
  { name: "500", scenario: status(500, "it broke"), kind: "server-error" },
  { name: "502", scenario: status(502, "bad gateway"), kind: "server-error" },
  { name: "503 without Retry-After", scenario: status(503, "down"), kind: "server-error" },
  { name: "503 with Retry-After", scenario: status(503, "overloaded", 2), kind: "rate-limited", retryAfterMs: 2_000 },
  { name: "429 with Retry-After", scenario: status(429, "slow down", 5), kind: "rate-limited", retryAfterMs: 5_000 },
  { name: "429 without Retry-After", scenario: status(429, "slow down"), kind: "rate-limited" },
  {
    name: "a full queue of Ollama",
    scenario: status(503, "server busy, please try again.  maximum pending requests exceeded"),
    kind: "rate-limited",
  },
  { name: "401", scenario: status(401, "who are you"), kind: "auth" },
  { name: "403", scenario: status(403, "not you"), kind: "auth" },
  { name: "404", scenario: status(404, "model 'nope' not found"), kind: "not-found" },
  {
    name: "no support for tools",
    scenario: status(400, "registry.ollama.ai/library/m:latest does not support tools"),
    kind: "unsupported",
  },
  {
    name: "a prompt longer than the context",
    scenario: status(400, "This model's maximum context length is 4096 tokens."),
    kind: "unsupported",
  },
  { name: "another 400", scenario: status(400, "temperature is wrong"), kind: "rejected" },
  { name: "413", scenario: status(413, "too large"), kind: "rejected" },
  { name: "422", scenario: status(422, "unprocessable"), kind: "rejected" },
];

export function describeFailures(setup: BackendSetup): void {
  describe("failures", () => {
    test.for(failureCases)("$name is $kind", async ({ scenario, kind, retryAfterMs }, context) => {
      await using subject = await play(setup, scenario, context);
      const failure = await failureOf(subject.backend.generate(requestFor(subject), contextWith()));
      expect({ kind: failure.kind, retryAfterMs: failure.retryAfterMs }).toEqual({ kind, retryAfterMs });
      expect(failure.message).not.toBe("");
    });

    test("a message shows neither keys nor the prompt", async (context) => {
      const prompt = "my most secret question of all";
      await using subject = await play(
        setup,
        status(500, `failed for Bearer abcdef123456 and sk-proj-0123456789abcdef on "${prompt}"`),
        context,
      );
      const failure = await failureOf(
        subject.backend.generate(requestFor(subject, { prompt, messages: [{ role: "user", content: prompt }] }), contextWith()),
      );
      expect(failure.message).not.toMatch(/abcdef123456|0123456789abcdef|secret question/);
    });

    test.for([
      { name: "that ends without its end mark", scenario: { kind: "end-early", tokens, after: 2 }, kind: "truncated" },
      { name: "whose connection is cut", scenario: { kind: "cut", tokens, after: 2 }, kind: "truncated" },
      { name: "in which the server reports an error", scenario: { kind: "break-off", tokens, after: 2 }, kind: "server-error" },
    ] as const)("an answer $name is not passed off as finished: $kind", async ({ scenario, kind }, context) => {
      await using subject = await play(setup, scenario, context);
      const { deltas, error } = await observe(streamOf(subject));
      expect(asFailure(error).kind).toBe(kind);
      // What stands right before a cut may be lost with the connection.
      expect(textOf(deltas)).toMatch(scenario.kind === "cut" ? /^(One( two)?)?$/ : /^One two$/);
      expect(deltas.some((delta) => delta.finishReason !== undefined)).toBe(false);
      expect((await failureOf(subject.backend.generate(requestFor(subject), contextWith()))).kind).toBe(kind);
    });
  });
}
