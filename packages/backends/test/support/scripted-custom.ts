import { once } from "node:events";
import { type Backend, type BackendDelta, BackendError, type FailureKind } from "@llm-router/contracts";
import { wrapCustomBackend } from "../../src/index.ts";
import type { BackendSetup, Scenario } from "../../src/testing/conformance.ts";

const kinds: Record<number, FailureKind> = {
  401: "auth",
  403: "auth",
  404: "not-found",
  413: "rejected",
  422: "rejected",
  429: "rate-limited",
};

/** A user's backend that plays a scenario in the process, as its author would write it. */
export const scriptedCustomSetup: BackendSetup = async (scenario) => {
  const began = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  let healthy = scenario.kind !== "refuse";
  const own: Backend = {
    generate: () => Promise.reject(new Error("stream is used where there is one")),
    async *stream(_, { signal }) {
      began.resolve();
      signal.addEventListener("abort", () => left.resolve(), { once: true });
      yield* play(scenario, signal);
    },
    healthCheck: async () => (healthy ? { ok: true } : { ok: false, message: "nobody listens" }),
    close: () => {
      healthy = false;
    },
  };
  const backend = wrapCustomBackend(own, "mine");
  return {
    backend,
    model: "scripted",
    callBegan: () => began.promise,
    callerLeft: () => left.promise,
    [Symbol.asyncDispose]: async () => backend.close(),
  };
};

async function* play(scenario: Scenario, signal: AbortSignal): AsyncGenerator<BackendDelta, void, void> {
  const usage = { promptTokens: 5, completionTokens: 4, totalTokens: 9 };
  switch (scenario.kind) {
    case "answer":
      if (scenario.latencyMs) await new Promise((resolve) => setTimeout(resolve, scenario.latencyMs));
      if (scenario.reasoning) yield { reasoning: scenario.reasoning };
      for (const text of scenario.tokens) yield { text };
      yield { finishReason: scenario.finishReason ?? "stop", usage };
      return;
    case "tools": {
      const toolCalls = scenario.calls.map((call, index) => ({
        id: `c${index}`,
        type: "function" as const,
        function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      }));
      yield { toolCalls, finishReason: "tool_calls", usage };
      return;
    }
    case "endless":
      while (!signal.aborted) {
        yield { text: "on" };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return;
    case "hang":
      await once(signal, "abort");
      return;
    case "refuse":
    case "reset":
      throw new BackendError("unreachable", "Nobody listens.");
    case "status":
      throw new BackendError(kindOf(scenario.status, scenario), scenario.message, {
        status: scenario.status,
        retryAfterMs: scenario.retryAfterSeconds && scenario.retryAfterSeconds * 1000,
      });
    default:
      for (const text of scenario.tokens.slice(0, scenario.after)) yield { text };
      if (scenario.kind === "stall") await once(signal, "abort");
      throw new BackendError(scenario.kind === "break-off" ? "server-error" : "truncated", "It broke off.");
  }
}

function kindOf(status: number, scenario: Extract<Scenario, { kind: "status" }>): FailureKind {
  if (status === 503)
    return scenario.retryAfterSeconds !== undefined || scenario.message.includes("busy") ? "rate-limited" : "server-error";
  if (status === 400) return /support|context/.test(scenario.message) ? "unsupported" : "rejected";
  return kinds[status] ?? "server-error";
}
