import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Client } from "@llm-router/client";
import { createKeys, schemaVersion } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";
import { type CapturedRequest, captureRequest, restoreRequest } from "./capture.ts";

/** What a version's own code left in Redis. Made once by the first test below, committed, and never changed after a release. */
interface Fixture {
  answered: CapturedRequest;
  /** In the order of their acceptance: LOW, then HIGH. */
  waiting: CapturedRequest[];
}

const fileOf = (version: number) => new URL(`fixtures/version-${version}.json`, import.meta.url);
const readFixture = (version: number) => JSON.parse(readFileSync(fileOf(version), "utf8")) as Fixture;
const configOf = (url: string) => {
  const of = (model: string) => ({ provider: "ollama", model, baseUrl: url, concurrency: 1 });
  return { models: { m: of("m"), other: of("other") } };
};

/** The names of all fields and sets: what a worker of the same version may read. */
function namesIn({ record, job, scores }: CapturedRequest): string[] {
  const plan = JSON.parse(record["p"] ?? "{}") as object;
  return Object.entries({ record, plan, job, scores }).flatMap(([part, fields]) => Object.keys(fields).map((name) => `${part}.${name}`));
}

redisTest("what this version leaves in Redis is on file, for the next one to run", async ({ redis }) => {
  await using simulator = await startSimulator({ tokens: 3 });
  await using cluster = await startCluster({ redis, config: configOf(simulator.url) });
  const { client } = cluster;
  const answered = await client.enqueue({ prompt: "[[answered]]", model: "m", tenant: "acme" });
  await answered.result();
  await simulator.control({ latencyMs: 3_600_000 });
  await client.enqueue({ prompt: "[[busy]]", model: "m" });
  await simulator.waitForCall(({ marker }) => marker === "busy");
  const low = await client.enqueue({ prompt: "[[low]]", models: ["m", "other"], priority: "LOW" });
  const more = { system: "Be brief.", temperature: 0.2, metadata: { from: "fixture" } };
  const high = await client.enqueue({ prompt: "[[high]]", models: ["m", "other"], priority: "HIGH", ...more });
  const [first, ...waiting] = await Promise.all([answered, low, high].map(({ id }) => captureRequest(redis, id)));
  const now: Fixture = { answered: first as CapturedRequest, waiting };
  if (!existsSync(fileOf(schemaVersion))) writeFileSync(fileOf(schemaVersion), `${JSON.stringify(now, undefined, 2)}\n`);
  const filed = readFixture(schemaVersion);
  // Where this fails, something that workers of this version read is no longer written: raise schemaVersion, and let this test
  // write the new version's file. (Before the first release: delete the file, and run this once.) More fields are no new version.
  expect(namesIn(now.answered)).toEqual(expect.arrayContaining(namesIn(filed.answered)));
  for (const [n, request] of filed.waiting.entries()) {
    expect(namesIn(now.waiting[n] as CapturedRequest)).toEqual(expect.arrayContaining(namesIn(request)));
  }
});

for (const version of [schemaVersion - 1, schemaVersion].filter((each) => each > 0)) {
  redisTest(`requests of version ${version} are run by today's worker, in their order, and its outcomes are read`, async ({ redis }) => {
    await using simulator = await startSimulator({ tokens: 3 });
    await using cluster = await startCluster({ redis, config: configOf(simulator.url) });
    const { answered, waiting } = readFixture(version);
    expect([answered, ...waiting].map((each) => each.schemaVersion)).toEqual([version, version, version]);
    // The worker may look at any moment, and must not find the LOW one alone.
    for (const request of [answered, ...waiting.toReversed()]) await restoreRequest(redis, request);
    expect((await cluster.client.attach(answered.id).result()).content).toContain("[[answered]]");
    expect((await cluster.client.attach(answered.id).history()).map(({ type }) => type)).toEqual(["queued", "started", "completed"]);
    for (const [n, marker] of ["low", "high"].entries()) {
      const result = await cluster.client.attach(waiting[n]?.id ?? "").result({ waitMs: 10_000 });
      expect(result).toMatchObject({ id: waiting[n]?.id, modelUsed: "m", content: expect.stringContaining(`[[${marker}]]`) });
    }
    expect(simulator.calls().map(({ marker }) => marker)).toEqual(["high", "low"]);
  });
}

redisTest.for([
  { found: schemaVersion + 1, fix: "upgrade this process" },
  { found: schemaVersion - 1, fix: "upgrade the others" },
])("data of version $found: client and worker refuse it and say what to do ($fix)", async ({ found, fix }, { redis }) => {
  await redis.admin.hset(createKeys(redis.namespace).config, "schemaVersion", found);
  const before = await redis.admin.hgetall(createKeys(redis.namespace).config);
  const refusal = { code: "SCHEMA_MISMATCH", message: expect.stringContaining(fix) };
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  await expect(client.generate({ prompt: "x" })).rejects.toMatchObject(refusal);
  await expect(client.attach("c1.0190a1b2-0000-7000-8000-000000000000").outcome()).rejects.toMatchObject(refusal);
  await expect(client.getModelStatus()).rejects.toMatchObject(refusal);
  await using worker = spawnNode(new URL("../../apps/worker/src/main.ts", import.meta.url), {
    env: {
      REDIS_URL: redis.url,
      LLMR_NAMESPACE: redis.namespace,
      LLMR_CONFIG: new URL("fixtures/one-model.json", import.meta.url).pathname,
    },
  });
  await worker.waitForLine(new RegExp(`SCHEMA_MISMATCH: .*${fix}`));
  expect((await worker.exited).code).toBe(1);
  expect(await redis.admin.hgetall(createKeys(redis.namespace).config)).toEqual(before);
});
