import type { Candidate, DispatchInput } from "../dispatch.ts";

/** Models in order of preference, as the strategy `ordered` ranks them. */
export function toCandidates(models: readonly string[]): Candidate[] {
  return models.map((model, order) => ({ model, order, perDepth: 0, perWaitMs: 0 }));
}

/** What tests dispatch where they do not say otherwise: a NORMAL request for model `a` with a minute's budget. */
export function requestInput(id: string, input: Partial<DispatchInput> = {}): DispatchInput {
  return {
    id,
    clientId: "c1",
    classRank: 2,
    priority: 2_500,
    candidates: toCandidates(["a"]),
    timeoutMs: 60_000,
    maxWaitMs: 300_000,
    maxAttempts: 10,
    whenUnavailable: "hold",
    displace: "off",
    deadLetterTtlMs: 604_800_000,
    streamed: false,
    tenant: "",
    cacheMode: "use",
    tokenEstimate: 10,
    resultTtlMs: 3_600_000,
    streamTtlMs: 600_000,
    idempotencyTtlMs: 86_400_000,
    data: '{"request":{"prompt":"hi"}}',
    configVersion: "0",
    ...input,
  };
}
