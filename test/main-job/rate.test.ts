import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { eightProducers } from "@llm-router/bench/scenarios/bounds";

redisTest(
  "rpm 60 and 8 producer processes: never above 60 calls in any 60 s at the provider, and everybody is answered",
  { timeout: 180_000 },
  async ({ redis }) => {
    const { maxIn60s, ...figures } = await eightProducers(redis, 10, { rpm: 60 });
    expect(figures).toMatchObject({ requests: 80, answered: 80, refused: 0, calls: 80 });
    expect(maxIn60s).toBeLessThanOrEqual(60);
    // It used what it was given: the bound was not kept by being slow.
    expect(maxIn60s).toBeGreaterThan(55);
  },
);
