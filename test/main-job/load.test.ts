import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { threeClasses } from "@llm-router/bench/scenarios/bounds";
import { targetKilled } from "@llm-router/bench/scenarios/failing-target";

redisTest(
  "300 wait, the first target is killed, the fallback's queue holds 5: all 300 are answered, its depth never above 5",
  async ({ redis }) => {
    const figures = await targetKilled(redis);
    expect(figures).toMatchObject({ answered: 300, byTheFallback: 300 });
    expect(figures.deepest).toBeLessThanOrEqual(5);
    expect(figures.deepest).toBeGreaterThan(0);
  },
);

redisTest(
  "500 requests at once in three classes at 4 slots of 50 ms: all answered, higher classes first, near the ideal time",
  async ({ redis }) => {
    const { tookMs, idealMs, ...figures } = await threeClasses(redis);
    expect(figures).toEqual({ requests: 500, answered: 500, calls: 500, inversions: 0 });
    // The goal is 1.2 times the ideal; a shared machine gets three times that.
    expect(tookMs).toBeLessThan(3 * 1.2 * idealMs);
  },
);
