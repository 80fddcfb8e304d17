// A gateway holds no work: whatever it accepted is in Redis, so another one goes on.
import { fileURLToPath } from "node:url";
import type { Event } from "@llm-router/contracts";
import { spawnNode, type NodeProcess } from "@llm-router/testkit";
import { expect } from "vitest";
import { call } from "./support/cluster.ts";
import { readEvents, textOf } from "./support/server-events.ts";
import { rejection, type Stack, stackTest } from "./support/stack.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface GatewayProcess extends AsyncDisposable {
  url: string;
  process: NodeProcess;
}

async function startProcess({ redis }: Stack): Promise<GatewayProcess> {
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, PORT: "0", LOG_LEVEL: "info", SHUTDOWN_GRACE_MS: "300" };
  const process = spawnNode(main, { env });
  const [, url = ""] = await process.waitForLine(/"url":"([^"]+)".*gateway ready/);
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

/** Reads until the connection breaks. */
async function readUntilCut(events: AsyncIterable<Event>, onEvent: (read: Event[]) => void): Promise<Event[]> {
  const read: Event[] = [];
  try {
    for await (const event of events) {
      read.push(event);
      onEvent(read);
    }
  } catch {
    return read; // the connection broke, as it was meant to
  }
  throw new Error("the stream ended before its gateway was killed");
}

/** Each fifth has its answer when the gateway is killed. */
const modelOf = (i: number): string => (i % 5 === 0 ? "fast" : "late");
const post = (url: string, i: number) =>
  call({ url }, "/v1/chat/completions", {
    body: { model: modelOf(i), messages: [{ role: "user", content: `[[plain${i}]]` }] },
    headers: { "idempotency-key": `crash-${i}` },
  });

stackTest("killed with 50 plain requests, 50 jobs and a stream under way: another one goes on with all of it", async ({ stack }) => {
  await using first = await startProcess(stack);
  const { gateway, simulator } = stack;
  const names = Array.from({ length: 50 }, (_, i) => i);
  const lost = Promise.allSettled(names.map((i) => post(first.url, i)));
  const jobs = await Promise.all(names.map((i) => call(first, "/v1/jobs", { body: { model: modelOf(i), prompt: `[[job${i}]]` } })));
  // All are at the models, and some have their answers.
  await simulator.waitForCall(() => simulator.stats.received === 100);
  await simulator.waitForCall(({ outcome }) => outcome === "completed");
  const streamed = (await call(first, "/v1/jobs", { body: { prompt: "[[stream]]", model: "slow" } })).body.id as string;
  const read = await readUntilCut(readEvents(first.url, streamed), ({ length }) => {
    if (length === 8) void first.process.kill9();
  });
  const ends = await lost;
  expect(ends.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);

  // The stream: exactly the rest.
  const rest = await Array.fromAsync(readEvents(gateway.url, streamed, read.at(-1)?.seq));
  const all = [...read, ...rest];
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
  expect(textOf(all)).toBe((await call(gateway, `/v1/jobs/${streamed}`)).body.result.content);
  expect(textOf(rest)).not.toBe("");

  // Plain requests: the same again, with the same key. Jobs: by their ids.
  const plain = await Promise.all(names.map((i) => post(gateway.url, i)));
  for (const [i, { status, body }] of plain.entries()) {
    expect([status, body.choices[0].message.content.startsWith(`[[plain${i}]]`)]).toEqual([200, true]);
  }
  for (const [i, { body }] of jobs.entries()) {
    const events = await Array.fromAsync(readEvents(gateway.url, body.id));
    expect(textOf(events).startsWith(`[[job${i}]]`)).toBe(true);
  }

  // No prompt was called twice.
  expect(new Set(simulator.calls().map(({ marker }) => marker)).size).toBe(101);
  expect(simulator.calls()).toHaveLength(101);
});

stackTest("SIGTERM: what is in hand ends with a clear error when the grace period is over, and runs on", async ({ stack }) => {
  await using first = await startProcess(stack);
  const plain = call(first, "/generate", { body: { prompt: "[[t1]]", model: "hangs" } });
  const job = (await call(first, "/v1/jobs", { body: { prompt: "[[t2]]", model: "hangs" } })).body.id as string;
  const events = readEvents(first.url, job);
  await events.next();
  const stream = rejection(Array.fromAsync(events));
  for (const wanted of ["t1", "t2"]) await stack.simulator.waitForCall(({ marker }) => marker === wanted);
  const exit = await first.process.stop();
  expect(exit.code).toBe(0);
  const { status, body } = await plain;
  expect([status, body.error.code]).toEqual([503, "SHUTTING_DOWN"]);
  expect((await stream).message).toContain("SHUTTING_DOWN");
  for (const id of [body.error.id as string, job]) {
    expect((await call(stack.gateway, `/v1/jobs/${id}`)).body.state).toBe("active");
    await call(stack.gateway, `/v1/jobs/${id}`, { method: "DELETE" });
  }
});
