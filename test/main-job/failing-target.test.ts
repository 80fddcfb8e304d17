import { type OutageInput, startSimulator } from "@llm-router/simulator";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { inParallel, startCluster } from "./cluster.ts";

/** What the README promises when the first target of a route is down: everybody is answered by the fallback. */
const outages: [name: string, outage: OutageInput][] = [
  ["refuses connections", "refuse"],
  ["answers 500", { mode: "status", status: 500 }],
  ["answers 429 with Retry-After 5", { mode: "rate-limit", retryAfterSeconds: 5 }],
  ["hangs without a byte", "hang"],
  ["goes silent after 10 tokens", { mode: "stall-after", tokens: 10 }],
];

for (const [name, outage] of outages) {
  redisTest(`the first target ${name}: 200 of 200 requests are answered, and fewer than 20 calls reach it`, async ({ redis }) => {
    await using first = await startSimulator({ models: ["dead"], tokens: 30, outage });
    await using second = await startSimulator({ models: ["alive"], tokens: 30 });
    await using cluster = await startCluster({
      redis,
      workers: 2,
      config: {
        models: {
          dead: {
            provider: "ollama",
            model: "dead",
            baseUrl: first.url,
            concurrency: 8,
            firstTokenTimeoutMs: 1_000,
            tokenGapTimeoutMs: 500,
          },
          alive: { provider: "openai", model: "alive", baseUrl: `${second.url}/v1`, concurrency: 8 },
        },
        routes: { normal: { targets: ["dead"], fallback: ["alive"] } },
      },
    });
    const answers = await inParallel(200, 20, async (n) => {
      const prompt = `Say something about [[r${n}]].`;
      if (n % 2 === 0) return (await cluster.client.generate({ prompt })).content;
      const stream = cluster.client.stream({ prompt, onBrokenStream: "restart" });
      let text = "";
      for await (const delta of stream) {
        if (delta.restart) text = "";
        text += delta.text ?? "";
      }
      expect((await stream.result()).content).toBe(text);
      return text;
    });
    expect(answers.map((answer, n) => answer.includes(`[[r${n}]]`)).every(Boolean)).toBe(true);
    expect(first.stats.received).toBeLessThan(20);
    // No job was granted for it after its opening was in Redis.
    const opened = await redis.admin.xrange(`{${redis.namespace}}:breakers`, "-", "+");
    const openings = opened.map(([, fields]) => Object.fromEntries(pairs(fields))).filter(({ state }) => state === "open");
    if (openings.length > 0) {
      const openedAt = Number(openings[0]?.["at"]);
      const late = first.calls().filter(({ receivedAt }) => receivedAt > openedAt + 3 * 100);
      expect(late).toEqual([]);
    } else expect(name).toContain("429");
  });
}

function pairs(fields: readonly string[]): [string, string][] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? "", fields[2 * i + 1] ?? ""]);
}
