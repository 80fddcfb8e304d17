import { Client, connectClient, type Event, RouterError } from "@llm-router/client";
import { Maintenance, readStatus } from "@llm-router/job-queue";
import { eventually, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { type ScriptedWorker, startScriptedWorker } from "./scripted-worker.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const redisTimeoutMs = 400;
/** What a call may take that is to fail after redisTimeoutMs. */
const limitMs = 3 * redisTimeoutMs;

const stateOf = async ({ context }: ScriptedWorker, id: string) => (await readStatus(context, id))?.state;

/** What a call fails with, and how long it took, ms. */
async function failureOf(work: () => Promise<unknown>): Promise<{ code: unknown; ms: number }> {
  const startedAt = performance.now();
  const error: unknown = await work().then(
    () => "no failure",
    (caught: unknown) => caught,
  );
  return { code: RouterError.is(error) ? error.code : error, ms: performance.now() - startedAt };
}

redisTest("a client that stood still for longer than its reply stream lives still gets its answer", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "kept";
  });
  await using client = spawnNode(new URL("waiting-client.fixture.ts", import.meta.url), { args: [redis.url, redis.namespace] });
  const [, id = ""] = await client.waitForLine(/accepted (\S+)/);
  await eventually(() => expect(worker.runs).toEqual([id]));
  client.signal("SIGSTOP");
  expect(await redis.admin.del(worker.context.keys.replies(id.split(".")[0] ?? ""))).toBe(1);
  gate.resolve();
  await eventually(async () => expect(await stateOf(worker, id)).toBe("completed"));
  client.signal("SIGCONT");
  // The next heartbeat, at most 15 s away, finds that the stream is gone.
  await client.waitForLine(/answer kept/, 30_000);
  expect(await client.exited).toEqual({ code: 0, signal: null });
});

redisTest("every connection killed, again and again, under 100 open requests: all are answered, each once", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using worker = await startScriptedWorker(redis, async (run) => {
    await gate.promise;
    return run.id;
  });
  // A grant whose reply was lost is taken back once its lock is over, as every worker process does.
  const maintenance = new Maintenance({ context: worker.context, owner: "test-worker", onError: () => undefined });
  maintenance.startWorkerDuties();
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const jobs = await Promise.all(Array.from({ length: 100 }, () => client.enqueue({ prompt: "hi" })));
  const killAll = async () => Number(await redis.admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
  for (let i = 0; i < 3; i++) await eventually(async () => expect(await killAll()).toBeGreaterThanOrEqual(2));
  gate.resolve();
  await eventually(() => expect(worker.runs.length).toBeGreaterThan(50));
  await killAll();
  const results = await Promise.all(jobs.map((job) => job.result()));
  expect(results.map(({ content }) => content)).toEqual(jobs.map(({ id }) => id));
  expect(worker.runs.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  await maintenance.close();
});

redisTest("only the connection for commands is killed while calls are made: each is accepted once", async ({ redis }) => {
  await using worker = await startScriptedWorker(redis, async (run) => run.id);
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace });
  const answers = Array.from({ length: 60 }, async (_, i) => {
    if (i % 20 === 10) proxy.cut();
    return client.generate({ prompt: `hi ${i}` });
  });
  const results = await Promise.all(answers);
  expect(new Set(results.map(({ id }) => id)).size).toBe(60);
  expect(worker.runs.toSorted()).toEqual(results.map(({ id }) => id).toSorted());
});

redisTest("the reply to a submission is lost: the request is accepted exactly once", async ({ redis }) => {
  await using worker = await startScriptedWorker(redis, async () => "once");
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace });
  const lost = proxy.loseReplyTo("marked prompt");
  const result = await client.generate({ prompt: "marked prompt" });
  await lost;
  expect(result.content).toBe("once");
  expect(worker.runs).toEqual([result.id]);
  expect(await client.getStats()).toMatchObject({ accepted: 1, totalRequests: 1, successes: 1 });
});

redisTest(
  "a connection that is open and dead: calls fail with REDIS_UNAVAILABLE in time, and work again once Redis is back",
  async ({ redis }) => {
    await using _worker = await startScriptedWorker(redis, async () => "ok");
    await using proxy = await startTcpProxy(redis.url);
    await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs });
    const { id } = await client.generate({ prompt: "hi" });
    proxy.freeze();
    const unborn = new Client({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs });
    const calls: Record<string, () => Promise<unknown>> = {
      generate: () => client.generate({ prompt: "hi" }),
      enqueue: () => client.enqueue({ prompt: "hi" }),
      stream: () => Array.fromAsync(client.stream({ prompt: "hi" })),
      status: () => client.attach(id).status(),
      cancel: () => client.attach(id).cancel(),
      attach: () => client.attach(id).result(),
      getStats: () => client.getStats(),
      getModelStatus: () => client.getModelStatus(),
      "the first call of a client": () => unborn.generate({ prompt: "hi" }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const failure = await failureOf(call);
      expect([name, failure.code, failure.ms < limitMs]).toEqual([name, "REDIS_UNAVAILABLE", true]);
    }
    proxy.thaw();
    await eventually(async () => expect((await client.generate({ prompt: "hi" })).content).toBe("ok"), { timeoutMs: 20_000 });
    await eventually(async () => expect((await unborn.generate({ prompt: "hi" })).content).toBe("ok"), { timeoutMs: 20_000 });
    proxy.freeze();
    for (const each of [client, unborn]) {
      const startedAt = performance.now();
      await each.close();
      expect(performance.now() - startedAt).toBeLessThan(limitMs);
    }
  },
);

redisTest("a request that was accepted though its caller was told otherwise is cancelled once Redis is back", async ({ redis }) => {
  await using worker = await startScriptedWorker(redis, async (run) => {
    await new Promise((resolve) => run.abort.signal.addEventListener("abort", resolve));
    return "never";
  });
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs });
  const frozen = proxy.loseReplyTo("to be abandoned", "freeze");
  const failure = await failureOf(() => client.generate({ prompt: "to be abandoned" }));
  expect(failure.code).toBe("REDIS_UNAVAILABLE");
  await frozen;
  const open = await redis.admin.zrange(`{${redis.namespace}}:deadlines`, "0", "-1");
  expect(open).toHaveLength(1);
  proxy.thaw();
  await eventually(async () => expect(await stateOf(worker, open[0] ?? "")).toBe("cancelled"), { timeoutMs: 5_000 });
});

redisTest("events and deltas keep their order, each once, through lost connections", async ({ redis }) => {
  const words = Array.from({ length: 60 }, (_, i) => `w${i} `);
  const cuts = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    for (const [i, word] of words.entries()) {
      if (i > 0 && i % 12 === 0) await cuts[i / 12 - 1]?.promise;
      await say(word);
    }
    return words.join("");
  });
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "hi" });
  const events: Event[] = [];
  for await (const event of job.events()) {
    events.push(event);
    const deltas = events.filter(({ delta }) => delta).length;
    if (event.delta && deltas % 12 === 0 && deltas < words.length) {
      proxy.cut();
      cuts[deltas / 12 - 1]?.resolve();
    }
  }
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.map(({ delta }) => delta?.text ?? "").join("")).toBe(words.join(""));
  expect(events.at(-1)?.type).toBe("completed");
});

redisTest("Redis away for longer than a new call waits: a reader of a stream goes on when it is back", async ({ redis }) => {
  const second = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("one ");
    await second.promise;
    await say("two");
    return "one two";
  });
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs });
  const stream = client.stream({ prompt: "hi" });
  expect((await stream.next()).value?.text).toBe("one ");
  proxy.freeze();
  proxy.cut();
  const rest = Array.fromAsync(stream);
  expect((await failureOf(() => client.getStats())).code).toBe("REDIS_UNAVAILABLE");
  second.resolve();
  proxy.thaw();
  proxy.cut();
  expect((await rest).map(({ text }) => text ?? "").join("")).toBe("two");
});

redisTest("a request that was attached to and that Redis has lost is told as unknown, not waited for without end", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "late";
  });
  await using producer = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await using proxy = await startTcpProxy(redis.url);
  await using other = await connectClient({ redis: proxy.url, namespace: redis.namespace });
  const { id } = await producer.enqueue({ prompt: "hi" });
  const waiting = failureOf(() => other.attach(id).result());
  // Commands go in order: when this one is answered, the attaching is.
  await other.attach(id).status();
  await redis.admin.del(`{${redis.namespace}}:r:${id}`);
  proxy.cut();
  expect((await waiting).code).toBe("UNKNOWN_REQUEST");
  gate.resolve();
});
