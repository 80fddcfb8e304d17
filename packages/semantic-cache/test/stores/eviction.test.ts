import { newRequestId } from "@llm-router/contracts";
import { connectRedis, createVectorLog, dispatch, type DispatchInput, readCacheStats } from "@llm-router/job-queue";
import { eventually, spawnNode, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { EmbeddedStore } from "../../src/stores/embedded/embedded-store.ts";
import { pointOf, randomVector, testDimensions } from "../../src/testing/vectors.ts";
import { openAnswers, putAnswer } from "./store-fixture.ts";

const maxEntries = 100;
const names = ["1", "2", "3", "4"];

/** A request that only the cache may answer. */
function asking(id: string, entry: string): DispatchInput {
  const [cacheKey = "", model = ""] = entry.split(":");
  return {
    id,
    clientId: "c1",
    classRank: 2,
    priority: 2_500,
    candidates: [{ model, order: 0, perDepth: 0, perWaitMs: 0 }],
    timeoutMs: 60_000,
    maxWaitMs: 0,
    maxAttempts: 1,
    whenUnavailable: "fail",
    displace: "off",
    deadLetterTtlMs: 60_000,
    streamed: false,
    tenant: "",
    cacheKey,
    cacheMode: "only",
    tokenEstimate: 1,
    resultTtlMs: 60_000,
    streamTtlMs: 60_000,
    idempotencyTtlMs: 60_000,
    data: '{"request":{"prompt":"hi"}}',
    configVersion: "0",
  };
}

test("300 stores from 4 processes leave the 100 used last, also when all of them and Redis are killed", async () => {
  await using redis = await startTestRedis();
  const { admin, namespace, url } = redis;
  const key = (part: string) => `{${namespace}}:${part}`;
  await using parts = new AsyncDisposableStack();
  const processes = names.map((name) =>
    parts.use(spawnNode(new URL("storing.fixture.ts", import.meta.url), { args: [url, namespace, name, String(maxEntries)] })),
  );
  await Promise.all(processes.map((each) => each.waitForLine(/^ready$/)));
  const storeMore = async (count: number, until: number) => {
    for (const name of names) await admin.rpush(key(`go-${name}`), count);
    await Promise.all(processes.map((each) => each.waitForLine(new RegExp(`^stored ${until}$`))));
  };

  await storeMore(52, 52);
  expect(await admin.zcard(key("x"))).toBe(maxEntries);
  // The eight that would go next are asked for once more.
  const used = await admin.zrange(key("x"), "0", "7");
  {
    const context = await openAnswers(redis);
    for (const entry of used) expect(await dispatch(context, asking(newRequestId("c1"), entry))).toMatchObject({ kind: "settled" });
    context.redis.disconnect();
  }
  await storeMore(23, 75);
  await Promise.all(processes.map((each) => each.kill9()));
  await redis.server.kill9();
  await redis.server.restart();

  const right = [...used, ...names.flatMap((name) => Array.from({ length: 23 }, (_, i) => pointOf({ prompt: `${name}-${52 + i}` }).entry))];
  expect(new Set(await admin.zrange(key("x"), "0", "-1"))).toEqual(new Set(right));
  const context = await openAnswers(redis);
  parts.defer(() => context.redis.disconnect());
  const store = new EmbeddedStore({
    log: createVectorLog({ context, blocking: connectRedis({ url }, "blocking") }),
    dimensions: testDimensions,
  });
  parts.defer(() => store.close());
  const ask = async () => {
    const found = await store.query({ partition: "p", vector: randomVector(0), limit: 1_000, floor: 0, models: ["a"] });
    return new Set(found.map(({ entry }) => entry));
  };
  expect(await ask()).toEqual(new Set(right));
  expect(await readCacheStats(context)).toMatchObject({ entries: maxEntries, stored: 300, evicted: 200, expired: 0 });

  // One that expires takes nobody's place, and is not served.
  const short = pointOf({ prompt: "short", vector: randomVector(0) });
  await putAnswer(context, short.entry, 1_000, maxEntries);
  await store.upsert([short]);
  expect((await ask()).has(short.entry)).toBe(true);
  await eventually(async () =>
    expect(await dispatch(context, asking(newRequestId("c1"), short.entry))).toMatchObject({ kind: "refused", code: "CACHE_MISS" }),
  );
  expect((await ask()).has(short.entry)).toBe(false);
  await putAnswer(context, pointOf({ prompt: "last" }).entry, 60_000, maxEntries);
  expect(await readCacheStats(context)).toMatchObject({ entries: maxEntries, evicted: 201, expired: 1 });
});
