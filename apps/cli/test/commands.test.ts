import type { ModelStatus, Stats } from "@llm-router/client";
import type { Delta, Result } from "@llm-router/contracts";
import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { runCli, serveNamespace } from "./cli.ts";

describe("llm-router", () => {
  redisTest("worker serves, ask answers, status counts it, SIGTERM ends the worker", async ({ redis }) => {
    await using served = await serveNamespace(redis);
    const [plain, streamed, json, unknown] = await Promise.all([
      served.run("ask", "What is the capital of France?"),
      served.run("ask", "And of Spain?", "--stream", "--priority", "critical"),
      served.run("ask", "And of Peru?", "--json", "--model", "fast", "--priority", "1200", "--timeout", "60000"),
      served.run("ask", "Hello", "--model", "fats"),
    ]);
    expect(plain).toEqual({ code: 0, out: "Paris is the capital.", errors: [] });
    expect(streamed).toEqual({ code: 0, out: "Paris is the capital.", errors: [] });
    expect(JSON.parse(json.out)).toMatchObject({
      content: "Paris is the capital.",
      modelUsed: "fast",
      success: true,
    } satisfies Partial<Result>);
    expect(unknown).toEqual({ code: 1, out: "", errors: [expect.stringMatching(/^UNKNOWN_MODEL: .*fats.*`llm-router status` lists/)] });

    const status = JSON.parse((await served.run("status", "--json")).out) as { stats: Stats; models: ModelStatus[] };
    expect(status.stats).toMatchObject({ successes: 3, requestsByPriority: { CRITICAL: 1, HIGH: 1, NORMAL: 1, LOW: 0 } });
    expect(status.models.map(({ name, workers }) => ({ name, workers }))).toEqual([
      { name: "fast", workers: 1 },
      { name: "slow", workers: 1 },
    ]);
    const { out } = await served.run("status");
    expect(out).toContain("requests  3 accepted, 3 answered");
    expect(out).toMatch(/^semantic {2}\S.* \(1 worker\)$/m);
    expect(out).toMatch(/^slow +ollama big +ready +closed +0\/7 +0 +0\/1 +1 +-$/m);
    expect(await served.worker.stop()).toEqual({ code: 0, signal: null });
  });

  redisTest("ask prints tokens as they come, and Ctrl-C cancels the request and its model call", async ({ redis }) => {
    await using served = await serveNamespace(redis);
    await served.simulator.control({ outage: { mode: "stall-after", tokens: 2 } });
    await using asking = served.start("ask", "Tell me [[42]]", "--model", "slow", "--stream", "--json");
    const [first] = await asking.waitForLine(/.+42.+/);
    expect(JSON.parse(first)).toMatchObject({ text: "[[42]]" } satisfies Partial<Delta>);
    asking.signal("SIGINT");
    expect(await asking.exited).toEqual({ code: 130, signal: null });
    expect(asking.stderr()).toEqual([expect.stringMatching(/^CANCELLED: /)]);
    await served.simulator.waitForCall((call) => call.outcome === "aborted");
  });

  redisTest("ask without --stream is cancelled by SIGTERM", async ({ redis }) => {
    await using served = await serveNamespace(redis);
    await served.simulator.control({ outage: "hang" });
    await using asking = served.start("ask", "Are you there?", "--model", "slow");
    await served.simulator.waitForCall((call) => call.model === "big");
    expect(await asking.stop()).toEqual({ code: 143, signal: null });
    expect(asking.stderr()).toEqual([expect.stringMatching(/^CANCELLED: /)]);
    await served.simulator.waitForCall((call) => call.outcome === "aborted");
  });

  redisTest("says in one sentence that there is no configuration, and that a priority is unknown", async ({ redis }) => {
    const connection = ["--redis", redis.url, "--namespace", redis.namespace];
    const [asked, status, priority] = await Promise.all([
      runCli([...connection, "ask", "hi"]),
      runCli([...connection, "status"]),
      runCli([...connection, "ask", "hi", "--priority", "urgent"]),
    ]);
    expect(asked).toEqual({ code: 1, out: "", errors: [expect.stringMatching(/^NO_CONFIG: .*npx llm-router worker/)] });
    expect(status).toMatchObject({ code: 0, out: expect.stringContaining("No models are defined here yet.") });
    expect(priority).toEqual({ code: 1, out: "", errors: [expect.stringMatching(/^INVALID_REQUEST: priority: "urgent"/)] });
  });
});
