import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { spawnNode } from "@llm-router/testkit";
import { embedderFolder, pairVerifierFolder } from "@llm-router/model-weights";
import { openEngine } from "../src/index.ts";
import { ModelThreads } from "../src/threads/model-threads.ts";

// oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
const engineTest = test.extend("engine", { scope: "file" }, async ({}, { onCleanup }) => {
  const engine = await openEngine();
  onCleanup(() => engine.close());
  return engine;
});

const folders = { embedder: embedderFolder, verifier: pairVerifierFolder };
const texts = [
  "What is Python?",
  "Tell me about the Python programming language",
  "naïve café, 北京 and 한국어",
  "a",
  `Summarise this: ${"the quick brown fox jumps over the lazy dog, ".repeat(12)}`,
  "What is Python?",
  "SELECT * FROM users WHERE id = 42;",
  "x + 2 = 8",
  "Hello!",
];
const cosine = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  a?.reduce((sum, value, index) => sum + value * (b?.[index] ?? 0), 0);

engineTest("a text has the same vector alone and in company, of length 1", async ({ engine: { embedder } }) => {
  const together = await embedder.embed(texts);
  const alone = await Promise.all(texts.map(async (text) => (await embedder.embed([text]))[0]));
  expect(together).toEqual(alone);
  expect(embedder.dimensions).toBe(384);
  for (const vector of together) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
  expect(cosine(together[0], together[1])).toBeCloseTo(0.846, 2);
});

engineTest("a pair has the same score alone and in company", async ({ engine: { verifier } }) => {
  const pairs = ["Tell me about the Python programming language", "How do I sort a list in Python?", "What is Jython?"].map((b) => ({
    a: "What is Python?",
    b,
  }));
  const scores = await verifier.score(pairs);
  expect(await Promise.all(pairs.map(async (pair) => (await verifier.score([pair]))[0]))).toEqual(scores);
  const [near = 0, ...far] = scores;
  expect(near).toBeGreaterThan(Math.max(...far) + 2);
});

engineTest("what is longer than the embedder reads is counted, and refused", async ({ engine: { embedder } }) => {
  expect(await embedder.tokenCount("What is Python?")).toBe(6);
  const longest = "a ".repeat(embedder.maxTokens - 2);
  expect(await embedder.tokenCount(longest)).toBe(256);
  await embedder.embed([longest]);
  await expect(embedder.embed([`${longest} a`])).rejects.toThrow("the text has 257 tokens, the embedder reads 256");
});

engineTest("the main thread does none of the work", async ({ engine: { embedder } }) => {
  const before = process.threadCpuUsage();
  const count = 40;
  for (let index = 0; index < count; index++) await embedder.embed([`How do I configure router number ${index} for video calls?`]);
  const { user, system } = process.threadCpuUsage(before);
  // A run takes 3 ms or more where it is; here a message is sent and one is read.
  expect((user + system) / 1_000 / count).toBeLessThan(1.5);
});

engineTest("waiting ends at once when it is no longer wanted, and what has not begun is not begun", async ({ engine: { embedder } }) => {
  const stop = new AbortController();
  const long = embedder.embed(
    Array.from({ length: 2_000 }, (_, index) => `question ${index} of a long list`),
    stop.signal,
  );
  const reason = new Error("too late");
  stop.abort(reason);
  await expect(long).rejects.toBe(reason);
  const startedAt = performance.now();
  await embedder.embed(["And now?"]);
  expect(performance.now() - startedAt).toBeLessThan(3_000); // the whole list takes 6 s or more
  await expect(embedder.embed(["And now?"], stop.signal)).rejects.toBe(reason);
});

engineTest("caches of one process share the threads", async ({ engine }) => {
  const other = await openEngine();
  expect(other.embedder).toBe(engine.embedder);
  await other.close();
  await other.close();
  expect(await engine.embedder.embed(["Still there"])).toHaveLength(1);
});

test("a thread that dies is replaced, and all end under load", async ({ onTestFinished }) => {
  const loads = vi.spyOn(process, "dlopen");
  onTestFinished(() => loads.mockRestore());
  // A thread sends two messages: it asks for its turn to load onnxruntime, and it is ready.
  const messages: Worker[] = [];
  const listen = (thread: Worker) => thread.on("message", () => messages.push(thread));
  process.on("worker", listen);
  onTestFinished(() => void process.off("worker", listen));
  const { threads } = await ModelThreads.start({ ...folders, threads: 2 });
  const ready = () => threads.threads.filter((thread) => messages.filter((sender) => sender === thread).length >= 2);
  await vi.waitFor(() => expect(ready()).toHaveLength(2), 10_000); // ended while it loads, a thread takes the process with it
  const [first] = threads.threads;
  await first?.terminate();
  const both = [threads.run({ kind: "count", text: "Hello" }), threads.run({ kind: "count", text: "you" })];
  expect(await Promise.all(both)).toEqual([3, 3]);
  await vi.waitFor(() => expect(ready()).toHaveLength(2), 10_000);
  expect(threads.threads).not.toContain(first);
  // The main thread was the first to load onnxruntime, and again after each of three threads; addon.ts says why.
  expect(loads).toHaveBeenCalledTimes(4);
  const jobs = Array.from({ length: 60 }, (_, index) => threads.run({ kind: "embed", texts: [`one ${index}`, `two ${index}`] }));
  const ends = Promise.allSettled(jobs);
  await jobs[3]; // by now others run
  await threads.close();
  const states = (await ends).map(({ status }) => status);
  expect(states).toContain("fulfilled");
  expect(states).toContain("rejected");
  await expect(threads.run({ kind: "count", text: "Hello" })).rejects.toThrow("closed");
});

test.each(["while it runs", "while it loads", "when threads have come and gone"])(
  "process.exit() %s ends the process, not more",
  async (when) => {
    // With it glibc overwrites what is freed, so that whoever still uses it is found out more often.
    await using child = spawnNode(new URL("exit.fixture.ts", import.meta.url), { args: [when], env: { MALLOC_PERTURB_: "85" } });
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(child.stderr()).toEqual([]);
  },
);

test("weights that are not there, or are something else, are told", async () => {
  await expect(openEngine({ weights: "/nowhere" })).rejects.toThrow("there are no weights in /nowhere/all-MiniLM-L6-v2");
  await expect(ModelThreads.start({ embedder: pairVerifierFolder, verifier: pairVerifierFolder })).rejects.toThrow(
    "numbers of the shape [1, 1]",
  );
});

test("the weights are those that manifest.json names", async () => {
  await using child = spawnNode(join(embedderFolder, "../checksums.mjs"), { args: ["--check"] });
  expect(await child.exited).toEqual({ code: 0, signal: null });
});
