import { readFileSync } from "node:fs";
import type { SemanticCacheState } from "@llm-router/contracts";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { call, startCluster, withKeys } from "./support/cluster.ts";

/** Samples of Prometheus's text by `name{labels}`, labels in order of their names. */
function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || line.startsWith("#")) continue;
    const sorted = (labels.match(/\w+="[^"]*"/g) ?? []).toSorted((a, b) => a.localeCompare(b)).join(",");
    samples.set(sorted === "" ? name : `${name}{${sorted}}`, Number(value));
  }
  return samples;
}

/** Requests that a gateway counted itself. */
function own(samples: Map<string, number>): number {
  return [...samples].reduce((sum, [name, value]) => (name.startsWith("llmr_gateway_requests_total") ? sum + value : sum), 0);
}

redisTest("the metrics of gateways agree with what the namespace counts, and measure what they submitted", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ a: { tenant: "a" }, ops: { tenant: "ops", admin: true } });
  const [one, two] = await Promise.all([cluster.gateway({ config }), cluster.gateway({ config })]);
  const ask = (gateway: typeof one, body: object) => call(gateway, "/generate", { key: keys.a, body: { prompt: "p", ...body } });
  const chat = { model: "fast", stream: true, messages: [{ role: "user", content: "p" }] };
  await Promise.all([
    ask(one, { model: "fast", priority: "high" }),
    ask(one, { model: "fast", priority: "high" }),
    ask(one, { model: "slow", priority: "low" }),
    ask(one, { model: "broken" }),
    ask(one, { model: "nobody" }),
    call(one, "/v1/chat/completions", { key: keys.a, body: chat }),
    ask(two, { model: "fast", priority: "critical" }),
  ]);

  const read = async (gateway: typeof one) => {
    const page = await call(gateway, "/metrics", { key: keys.ops });
    expect(page.headers.get("content-type")).toMatch(/^text\/plain/);
    return parseMetrics(String(page.body));
  };
  // A page that was read before counts nothing twice.
  await read(one);
  const [ofOne, ofTwo] = await Promise.all([read(one), read(two)]);
  const stats = (await call(two, "/v1/admin/stats", { key: keys.ops })).body;
  const { models } = (await call(two, "/v1/admin/models", { key: keys.ops })).body as { models: { name: string; maxQueueDepth: number }[] };

  // What the namespace counts is the same at both, and in the statistics.
  expect(stats).toMatchObject({ totalRequests: 6, successes: 5, failures: 1, refused: 1 });
  for (const samples of [ofOne, ofTwo]) {
    const ended = [...samples].filter(([name]) => name.startsWith("llmr_requests_total"));
    expect(Object.fromEntries(ended)).toEqual({
      'llmr_requests_total{class="HIGH",model="fast",outcome="completed"}': 2,
      'llmr_requests_total{class="CRITICAL",model="fast",outcome="completed"}': 1,
      'llmr_requests_total{class="NORMAL",model="fast",outcome="completed"}': 1,
      'llmr_requests_total{class="LOW",model="slow",outcome="completed"}': 1,
      'llmr_requests_total{class="NORMAL",model="broken",outcome="failed"}': 1,
    });
    expect(samples.get("llmr_accepted_total")).toBe(stats.accepted);
    expect(samples.get("llmr_refused_total")).toBe(1);
    expect(samples.get("llmr_redis_up")).toBe(1);
    const { state, store } = stats.semanticCache as SemanticCacheState;
    expect(samples.get(`llmr_gateway_semantic_cache{state="${state}"}`)).toBe(1);
    if (store) expect(samples.get("llmr_gateway_semantic_store_up")).toBe(1);
    for (const { name, maxQueueDepth } of models) {
      expect(samples.get(`llmr_max_queue_depth{model="${name}"}`)).toBe(maxQueueDepth);
      expect(samples.get(`llmr_breaker_state{model="${name}",state="closed"}`)).toBe(1);
      expect(samples.get(`llmr_depth{model="${name}",state="waiting"}`)).toBe(0);
      expect(samples.get(`llmr_workers{model="${name}"}`)).toBe(1);
    }
  }
  // What a gateway measures is of its own requests.
  expect([own(ofOne), own(ofTwo)]).toEqual([6, 1]);
  expect(ofOne.get('llmr_gateway_requests_total{class="NORMAL",model="",outcome="refused"}')).toBe(1);
  expect(ofOne.get('llmr_gateway_total_seconds_count{class="HIGH"}')).toBe(2);
  expect(ofOne.get('llmr_gateway_wait_seconds_count{class="LOW"}')).toBe(1);
  expect(ofOne.get('llmr_gateway_run_seconds_count{model="fast"}')).toBe(3);
  expect(ofOne.get('llmr_gateway_first_token_seconds_count{class="NORMAL"}')).toBe(1);
  expect(ofOne.get('llmr_gateway_answers_total{cache="none"}')).toBe(4);
  expect(ofOne.get('llmr_gateway_tokens_total{kind="completion",model="fast"}')).toBeGreaterThan(0);
  expect(ofOne.get("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
});

redisTest("alerts and dashboard ask for metrics that there are", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const gateway = await cluster.gateway();
  const page = String((await call(gateway, "/metrics")).body);
  const there = new Set([...page.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  const asked = ["prometheus/alerts.yml", "grafana/llm-router.json"].flatMap((file) => {
    const text = readFileSync(new URL(`../../../infra/${file}`, import.meta.url), "utf8");
    return [...text.matchAll(/\b(?:llmr|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
  });
  expect(asked.length).toBeGreaterThan(20);
  expect([...new Set(asked)].filter((name) => !there.has(name))).toEqual([]);
});
