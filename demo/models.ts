import type { ConfigInput } from "@llm-router/client";
import type { RealModel } from "./real-models.ts";

/** A model that a simulator process plays. */
export interface SimulatedModel {
  name: string;
  /** Whose wire format its server speaks. */
  provider: "ollama" | "openai";
  /** The provider's name of it. */
  model: string;
  concurrency: number;
  maxQueueDepth: number;
  /** Percent of it that LOW requests may fill (default 75). */
  lowShare?: number;
  /** Before the first token, ms. */
  latencyMs: number;
  tokensPerSecond: number;
}

export const gpuFast = {
  name: "gpu-fast",
  provider: "ollama",
  model: "simulated-gpu",
  concurrency: 4,
  maxQueueDepth: 60,
  latencyMs: 60,
  tokensPerSecond: 100,
} as const satisfies SimulatedModel;

/** Slow, with a short queue: the one that has to refuse. */
export const cpuSmall = {
  name: "cpu-small",
  provider: "ollama",
  model: "simulated-cpu",
  concurrency: 4,
  maxQueueDepth: 10,
  lowShare: 50,
  latencyMs: 250,
  tokensPerSecond: 20,
} as const satisfies SimulatedModel;

export const cloud = {
  name: "cloud",
  provider: "openai",
  model: "simulated-cloud",
  concurrency: 8,
  maxQueueDepth: 60,
  latencyMs: 150,
  tokensPerSecond: 80,
} as const satisfies SimulatedModel;

export const simulatedModels: readonly SimulatedModel[] = [gpuFast, cpuSmall, cloud];

/** Length of a simulated answer. */
export const answerTokens = 24;
/** Short, so that an outage fits into the demo; the default is a minute. */
const recoveryTimeoutMs = 2_000;

/**
 * The configuration that the workers read from a file.
 * @param urlOf The address of a simulated model's server.
 */
export function demoConfig(urlOf: (name: string) => string, real: readonly RealModel[]): ConfigInput {
  const simulated = simulatedModels.map(({ name, provider, model, concurrency, maxQueueDepth, lowShare = 75 }) => {
    const baseUrl = provider === "openai" ? `${urlOf(name)}/v1` : urlOf(name);
    return [name, { provider, model, baseUrl, concurrency, maxQueueDepth, classShare: { low: lowShare } }] as const;
  });
  return {
    models: Object.fromEntries([...simulated, ...real.map(({ name, definition }) => [name, definition] as const)]),
    routes: {
      critical: { targets: [gpuFast.name], fallback: [cloud.name] },
      high: { targets: [gpuFast.name], fallback: [cloud.name] },
      normal: { targets: [gpuFast.name, cloud.name], fallback: [cpuSmall.name], strategy: "fastest" },
      low: { targets: [cpuSmall.name, gpuFast.name], fallback: [cloud.name] },
    },
    breaker: { failureThreshold: 3, recoveryTimeoutMs, successThreshold: 2, halfOpenProbes: 1 },
    cache: { enabled: true },
  };
}
