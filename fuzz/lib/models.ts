import type { ConfigInput, ModelInput } from "@llm-router/contracts";

/** The simulators of a run, and the model that each serves. */
export const simulatorNames = ["one", "two", "three", "four"] as const;
export type SimulatorName = (typeof simulatorNames)[number];

/** Which of two configurations: a configuration change goes from one to the other. */
export type Variant = "a" | "b";

/** Calls per minute of `metered`. */
export const meteredRpm = 90;
export const breaker = { failureThreshold: 4, recoveryTimeoutMs: 1_200, successThreshold: 3, halfOpenProbes: 2 };

/** Where a simulator's model is served; the first four are what requests name and routes use. */
export const modelOf: Record<SimulatorName, string> = { one: "alpha", two: "beta", three: "narrow", four: "metered" };

/**
 * The configuration of a run: two models that carry the load, one whose queue is short, and one with a rate limit.
 * The variants differ in a bound and a concurrency.
 */
export function configOf(urls: Record<SimulatorName, string>, variant: Variant): ConfigInput {
  const timeouts = { firstTokenTimeoutMs: 1_500, tokenGapTimeoutMs: 700, healthCheckIntervalMs: 5_000 };
  const all = { critical: 100, high: 100, normal: 100, low: 100 };
  const models: Record<string, ModelInput> = {
    alpha: {
      provider: "ollama",
      model: "alpha",
      baseUrl: urls.one,
      concurrency: variant === "a" ? 8 : 5,
      maxQueueDepth: variant === "a" ? 40 : 28,
      ...timeouts,
    },
    beta: {
      provider: "openai",
      model: "beta",
      baseUrl: `${urls.two}/v1`,
      apiKey: "${FUZZ_KEY}",
      concurrency: 8,
      maxQueueDepth: 60,
      ...timeouts,
    },
    narrow: {
      provider: "ollama",
      model: "narrow",
      baseUrl: urls.three,
      concurrency: variant === "a" ? 3 : 4,
      maxQueueDepth: variant === "a" ? 8 : 10,
      classShare: all,
      ...timeouts,
    },
    metered: {
      provider: "openai",
      model: "metered",
      baseUrl: `${urls.four}/v1`,
      apiKey: "${FUZZ_KEY}",
      concurrency: 6,
      maxQueueDepth: 30,
      rpm: meteredRpm,
      classShare: all,
      ...timeouts,
    },
  };
  return {
    models,
    routes: {
      critical: { targets: ["alpha"], fallback: ["beta", "narrow"] },
      high: { targets: ["beta", "alpha"], fallback: ["narrow"], maxWaitMs: 4_000 },
      normal: { targets: ["alpha", "beta"], fallback: ["narrow"], strategy: "least-depth", maxWaitMs: 6_000 },
      low: { targets: ["alpha", "beta"], strategy: "fastest", maxWaitMs: 2_500 },
    },
    breaker,
    // Equal questions only: what finds other words is no part of the queue.
    cache: { enabled: true, similarityThreshold: 1 },
  };
}

/** How the simulators answer when nothing is wrong. */
export const healthy = { latencyMs: 60, tokens: 9, tokensPerSecond: 90 };
