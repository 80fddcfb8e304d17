import { once } from "node:events";
import { connectClient, createKeys } from "@llm-router/client";
import type { Run } from "@llm-router/job-queue";
import { eventually, redisTest, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";

/** A run that lasts until its worker closes. */
async function untilClosed({ abort }: Run): Promise<string> {
  await once(abort.signal, "abort");
  return "never";
}

test("replicated: what was accepted is with the replica, and nobody is warned", async () => {
  await using master = await startTestRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  await using replica = await startTestRedis({ args: ["--replicaof", `127.0.0.1 ${master.server.port}`] });
  await eventually(async () => expect(await master.admin.wait(1, 100)).toBe(1), { timeoutMs: 20_000 });
  await using _worker = await startScriptedWorker(master, untilClosed);
  await using client = await connectClient({ redis: master.url, namespace: master.namespace, durability: "replicated" });
  const keys = createKeys(master.namespace);
  for (let i = 0; i < 20; i++) {
    const { id } = await client.enqueue({ prompt: "hi" });
    expect(await replica.admin.exists(keys.record(id))).toBe(1);
  }
  expect(client.unreplicated).toBe(0);
});

redisTest("replicated without a replica: others are not held up by the wait, and what was accepted is counted", async ({ redis }) => {
  await using worker = await startScriptedWorker(redis, untilClosed);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace, durability: "replicated" });
  const warned = once(process, "warning");
  const accepted = Promise.all(Array.from({ length: 10 }, () => client.enqueue({ prompt: "hi" }))).then(() => "accepted");
  await eventually(() => expect(worker.runs).toHaveLength(10));
  // Each WAIT takes a second.
  const read = client.getStats().then(() => "read");
  expect(await Promise.race([accepted, read])).toBe("read");
  await accepted;
  expect(client.unreplicated).toBe(10);
  expect((await warned)[0]).toMatchObject({ code: "LLMR_UNREPLICATED" });
});
