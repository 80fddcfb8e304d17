import type { BackendModel } from "@llm-router/contracts";
import { type ControlInput, startSimulator } from "@llm-router/simulator";
import { createBackendRegistry } from "../../src/index.ts";
import type { BackendSetup, Scenario } from "../../src/testing/conformance.ts";

/** A backend of the registry whose provider is the simulator, over HTTP. */
export function simulatedSetup(
  provider: "ollama" | "openai",
  skip: (scenario: Scenario) => string | undefined = () => undefined,
): BackendSetup {
  return async (scenario) => {
    const reason = skip(scenario);
    if (reason !== undefined) return { skip: reason };
    const simulator = await startSimulator({ models: ["sim"], ...toControl(scenario) });
    const baseUrl = provider === "openai" ? `${simulator.url}/v1` : simulator.url;
    const model: BackendModel = { name: "under-test", provider, model: "sim", baseUrl, apiKey: "sk-conformance-key" };
    const backend = createBackendRegistry().create(model);
    return {
      backend,
      model: model.model,
      callBegan: async () => void (await simulator.waitForCall(() => true)),
      callerLeft: async () => void (await simulator.waitForCall((call) => call.outcome === "aborted")),
      [Symbol.asyncDispose]: async () => {
        await backend.close();
        await simulator.close();
      },
    };
  };
}

function toControl(scenario: Scenario): ControlInput {
  switch (scenario.kind) {
    case "answer": {
      const { tokens, finishReason = "stop", reasoning = null, latencyMs = 0 } = scenario;
      return { answer: tokens.join(""), finishReason, reasoning, latencyMs };
    }
    case "tools":
      return { toolCalls: scenario.calls.map((call) => ({ ...call })) };
    case "endless":
      return { tokens: 100_000, tokensPerSecond: 200 };
    case "hang":
    case "reset":
      return { outage: scenario.kind };
    case "refuse":
      return { outage: { mode: "refuse" } };
    case "stall":
      return { answer: scenario.tokens.join(""), outage: { mode: "stall-after", tokens: scenario.after } };
    case "cut":
      return { answer: scenario.tokens.join(""), outage: { mode: "cut-after", tokens: scenario.after } };
    case "end-early":
      return { answer: scenario.tokens.join(""), outage: { mode: "end-without-done", tokens: scenario.after } };
    case "break-off":
      return { answer: scenario.tokens.join(""), outage: { mode: "error-after", tokens: scenario.after } };
    default: {
      const { kind, ...status } = scenario;
      return { outage: { mode: kind, ...status } };
    }
  }
}
