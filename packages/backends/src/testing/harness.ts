import { type BackendContext, type BackendDelta, BackendError, type BackendRequest } from "@llm-router/contracts";
import { type TestContext, expect } from "vitest";
import type { BackendSetup, BackendUnderTest, Scenario } from "./scenario.ts";

/** How soon a call must end after its signal, ms: 100, with slack for a busy machine. */
export const abortLimitMs = 300;

export const tokens = ["One", " two", " three", " four"] as const;

/** Sets the scenario up, or skips the test with the reason. */
export async function play(setup: BackendSetup, scenario: Scenario, test: TestContext): Promise<BackendUnderTest> {
  const subject = await setup(scenario);
  if ("skip" in subject) return test.skip(subject.skip);
  return subject;
}

export function requestFor(subject: BackendUnderTest, more: Partial<BackendRequest> = {}): BackendRequest {
  const prompt = "Count up from one, please.";
  return { model: subject.model, prompt, messages: [{ role: "user", content: prompt }], maxTokens: 16, temperature: 0, ...more };
}

export function contextWith(more: Partial<BackendContext> = {}): BackendContext {
  return { id: "conformance.1", signal: new AbortController().signal, firstTokenTimeoutMs: 20_000, tokenGapTimeoutMs: 20_000, ...more };
}

export function streamOf(
  subject: BackendUnderTest,
  context: BackendContext = contextWith(),
  request = requestFor(subject),
): AsyncIterable<BackendDelta> {
  if (!subject.backend.stream) throw new Error("A backend under test streams; wrapCustomBackend gives one a stream.");
  return subject.backend.stream(request, context);
}

/** What came, and how it ended. */
export interface Observed {
  deltas: BackendDelta[];
  error: unknown;
}

export async function observe(deltas: AsyncIterable<BackendDelta>, onDelta: () => void = () => undefined): Promise<Observed> {
  const seen: BackendDelta[] = [];
  try {
    for await (const delta of deltas) {
      seen.push(delta);
      onDelta();
    }
  } catch (error) {
    return { deltas: seen, error };
  }
  return { deltas: seen, error: undefined };
}

/** The text that the scenario gave the provider to say, for `toEqual`. */
export function wholeText(subject: BackendUnderTest): unknown {
  return subject.ownWords ? expect.stringMatching(/\S/) : tokens.join("");
}

export function textOf(deltas: readonly BackendDelta[]): string {
  return deltas.map((delta) => delta.text ?? "").join("");
}

/** The error of a promise that must fail with a BackendError. */
export async function failureOf(promise: Promise<unknown>): Promise<BackendError> {
  return asFailure(
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

export function asFailure(error: unknown): BackendError {
  expect(BackendError.is(error), `a BackendError instead of ${String(error)}`).toBe(true);
  return error as BackendError;
}
