import { eventually, redisTest } from "@llm-router/testkit";
import { afterEach, expect, vi } from "vitest";
import { appendDeltas, attachRequest, connectRedis, type Reply, ReplyReader } from "../src/index.ts";
import { openQueues, type QueueFixture } from "./queue-fixture.ts";

interface Client extends AsyncDisposable {
  replies: Reply[];
  gaps: number;
  /** Cuts the connection that it reads on, from the server's side. */
  cut(): Promise<void>;
}

async function startClient(queues: QueueFixture, clientId: string): Promise<Client> {
  const blocking = connectRedis({ url: queues.url, options: { connectionName: `${queues.keys.namespace}-${clientId}` } }, "blocking");
  const client: Client = {
    replies: [],
    gaps: 0,
    async cut() {
      const id = await eventually(async () => {
        const list = String(await queues.admin.client("LIST"));
        const mine = list
          .split("\n")
          .find((line) => line.includes(`name=${queues.keys.namespace}-${clientId} `) && line.includes("cmd=xread"));
        return /id=(\d+)/.exec(mine ?? "")?.[1] ?? expect.unreachable("it does not read yet");
      });
      await queues.admin.client("KILL", "ID", id);
    },
    async [Symbol.asyncDispose]() {
      await reader.close();
    },
  };
  const reader = new ReplyReader({
    context: queues.context,
    blocking,
    clientId,
    onReply: (reply) => client.replies.push(reply),
    onGap: () => (client.gaps += 1),
  });
  await reader.start();
  return client;
}

async function answer(queues: QueueFixture, id: string): Promise<void> {
  await queues.finish(await queues.take("a"), {});
  expect((await queues.record(id))["st"]).toBe("completed");
}

afterEach(() => vi.useRealTimers());

redisTest("every client that waits for a request is told its outcome, once, and nobody else", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await using owner = await startClient(queues, "c1");
  await using attached = await startClient(queues, "c2");
  await using other = await startClient(queues, "c3");
  await queues.place("x");
  await attachRequest(queues.context, "x", "c2");
  await answer(queues, "x");
  for (const client of [owner, attached]) {
    await eventually(() => expect(client.replies).toHaveLength(1));
    expect(client.replies[0]).toMatchObject({ id: "x", lastSeq: 3, outcome: { state: "completed", id: "x" } });
  }
  expect(other.replies).toEqual([]);
  expect(await attachRequest(queues.context, "x", "c3")).toMatchObject({ kind: "settled", lastSeq: 3, outcome: { state: "completed" } });
});

redisTest("a streamed request's events and deltas are pushed as they come", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await using client = await startClient(queues, "c1");
  await queues.place("x", { streamed: true });
  const run = await queues.take("a");
  await appendDeltas(queues.context, run, [{ text: "a" }, { text: "b" }]);
  await queues.finish(run, {});
  await eventually(() => expect(client.replies.some(({ outcome }) => outcome)).toBe(true));
  expect(client.replies.flatMap(({ events }) => events.map(({ seq, type }) => `${seq} ${type}`))).toEqual([
    "1 queued",
    "2 started",
    "3 delta",
    "4 delta",
    "5 completed",
  ]);
});

redisTest("what is said while the connection is cut arrives after it is back, and the client is told of the gap", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await using client = await startClient(queues, "c1");
  await queues.place("x");
  await client.cut();
  await answer(queues, "x");
  await eventually(() => expect(client.replies).toHaveLength(1));
  await eventually(() => expect(client.gaps).toBeGreaterThan(0));
  await queues.place("y");
  await answer(queues, "y");
  await eventually(() => expect(client.replies.map(({ id }) => id)).toEqual(["x", "y"]));
});

redisTest("a client that stood still until its stream expired registers again and is told of the gap", async ({ redis }) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await using queues = await openQueues(redis);
  await queues.model("a");
  await using client = await startClient(queues, "c1");
  await queues.place("lost");
  await queues.admin.del(queues.keys.replies("c1"));
  await answer(queues, "lost");
  expect(await queues.admin.exists(queues.keys.replies("c1"))).toBe(0);
  vi.advanceTimersByTime(15_000);
  await eventually(() => expect(client.gaps).toBe(1));
  await queues.place("x");
  await answer(queues, "x");
  await eventually(() => expect(client.replies.map(({ id }) => id)).toEqual(["x"]));
  expect(await queues.admin.pttl(queues.keys.replies("c1"))).toBeGreaterThan(50_000);
});

redisTest("a stream that begins anew on a server whose clock is behind is read from its start", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await using client = await startClient(queues, "c1");
  // As a primary would number them whose clock is ahead.
  await queues.admin.xadd(
    queues.keys.replies("c1"),
    `${(await queues.now()) + 3_600_000}-0`,
    "i",
    "ahead",
    "v",
    '{"type":"queued","seq":1}',
  );
  await eventually(() => expect(client.replies).toHaveLength(1));
  await queues.admin.del(queues.keys.replies("c1"));
  await client.cut();
  await eventually(() => expect(client.gaps).toBeGreaterThan(0));
  await queues.place("x");
  await answer(queues, "x");
  await eventually(() => expect(client.replies.map(({ id }) => id)).toEqual(["ahead", "x"]), { timeoutMs: 3_000 });
});

redisTest("an error that comes at once, again and again, does not make the client spin", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await using client = await startClient(queues, "c1");
  await queues.admin.set(queues.keys.replies("c1"), "no stream");
  await client.cut();
  await eventually(() => expect(client.gaps).toBeGreaterThan(0));
  const startedAt = performance.now();
  for (let i = 0; i < 2_000; i++) await queues.admin.ping();
  // Twice a second.
  expect(client.gaps).toBeLessThan(4 + (performance.now() - startedAt) / 400);
});

redisTest("what was read is trimmed, and a closed client leaves no stream behind", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 50 });
  {
    await using client = await startClient(queues, "c1");
    for (let i = 0; i < 20; i++) {
      await queues.place(`j${i}`);
      await answer(queues, `j${i}`);
    }
    await eventually(() => expect(client.replies).toHaveLength(20));
    await eventually(async () => expect(await queues.admin.xlen(queues.keys.replies("c1"))).toBeLessThanOrEqual(1));
  }
  expect(await queues.admin.exists(queues.keys.replies("c1"))).toBe(0);
  await queues.place("x");
  await answer(queues, "x");
  expect(await queues.admin.exists(queues.keys.replies("c1"))).toBe(0);
});
