import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { failingTarget, outages } from "@llm-router/bench/scenarios/failing-target";

/** What the README promises when the first target of a route is down: everybody is answered by the fallback. */
for (const [name, outage] of Object.entries(outages)) {
  redisTest(`the first target ${name}: 200 of 200 requests are answered, and fewer than 20 calls reach it`, async ({ redis }) => {
    const figures = await failingTarget(redis, outage);
    expect(figures).toMatchObject({ answered: 200, brokenStreams: 0, opened: !name.includes("429") });
    expect(figures.callsAtTheDeadModel).toBeLessThan(20);
    // No job was granted for it after its opening was in Redis.
    expect(figures.breakerNewsMs).toBeLessThanOrEqual(3 * 100);
  });
}
