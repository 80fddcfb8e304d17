import { expect, test } from "vitest";
import { startSimulator } from "../src/index.ts";
import { SlidingWindow } from "../src/sliding-window.ts";
import { drain, ollamaOf, openaiOf, rejection, user } from "./clients.ts";

test("slots bound what runs at once; the rest waits in order", async () => {
  await using simulator = await startSimulator({ slots: 2, latencyMs: 10 });
  const ollama = ollamaOf(simulator);
  const answers: Promise<unknown>[] = [];
  for (let n = 1; n <= 8; n++) {
    answers.push(ollama.generate({ model: "a", prompt: `[[${n}]]` }));
    await simulator.waitForCall((call) => call.n === n);
  }
  await Promise.all(answers);
  expect(simulator.stats.models["a"]).toMatchObject({ completed: 8, maxRunning: 2, underWay: 0, running: 0 });
  const byStart = simulator.calls().toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  expect(byStart.map((call) => call.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("each model has its own slots, and more slots wake the waiting", async () => {
  await using simulator = await startSimulator({ slots: 1, latencyMs: 60_000, perModel: { b: { latencyMs: 0 } } });
  const ollama = ollamaOf(simulator);
  const running = [1, 2, 3].map(() => rejection(ollama.generate({ model: "a", prompt: "x" })));
  await simulator.waitForCall((call) => call.concurrency === 3);
  expect((await ollama.generate({ model: "b", prompt: "x" })).done).toBe(true);
  expect(simulator.stats.models["a"]).toMatchObject({ underWay: 3, running: 1 });
  await simulator.control({ slots: 3 });
  await expect.poll(() => simulator.stats.models["a"]?.running, { interval: 5 }).toBe(3);
  await simulator.close();
  await Promise.all(running);
});

test("a client that leaves the queue costs no slot; one that leaves its slot frees it", async () => {
  await using simulator = await startSimulator({ slots: 1, latencyMs: 60_000 });
  const openai = openaiOf(simulator);
  const clients = [new AbortController(), new AbortController(), new AbortController()];
  const calls = clients.map(async ({ signal }, index) => {
    if (index > 0) await simulator.waitForCall((call) => call.n === index);
    return rejection(openai.chat.completions.create({ model: "a", messages: user("x") }, { signal }));
  });
  await simulator.waitForCall((call) => call.n === 3);
  clients[1]?.abort();
  expect(await simulator.waitForCall((call) => call.n === 2 && call.outcome === "aborted")).toMatchObject({ startedAt: null });
  clients[0]?.abort();
  await simulator.waitForCall((call) => call.n === 3 && call.startedAt !== null);
  clients[2]?.abort();
  await Promise.all(calls);
  await simulator.waitForCall((call) => call.n === 3 && call.outcome === "aborted");
  expect(simulator.stats).toMatchObject({ aborted: 3, underWay: 0, running: 0, maxRunning: 1 });
});

test("an aborted stream is recorded at once, with the tokens that were sent", async () => {
  await using simulator = await startSimulator({ tokens: 10_000, tokensPerSecond: 500 });
  const stream = await ollamaOf(simulator).chat({ model: "a", messages: user("x"), stream: true });
  let abortedAt = 0;
  const { items, error } = await drain(
    (async function* () {
      for await (const part of stream) {
        yield part;
        abortedAt ||= performance.timeOrigin + performance.now();
        stream.abort();
      }
    })(),
  );
  expect(error?.name).toBe("AbortError");
  const call = await simulator.waitForCall((record) => record.outcome !== null);
  expect(call.outcome).toBe("aborted");
  expect(call.tokensSent).toBeGreaterThanOrEqual(items.length);
  expect(call.tokensSent).toBeLessThan(10_000);
  expect((call.endedAt ?? 0) - abortedAt).toBeLessThan(200);
});

test("tokens come at their pace after the latency, each in its own line", async () => {
  await using simulator = await startSimulator({ latencyMs: 30, tokensPerSecond: 200, tokens: 11 });
  const { items } = await drain(await ollamaOf(simulator).generate({ model: "a", prompt: "x", stream: true }));
  expect(items).toHaveLength(12);
  const [call] = simulator.calls();
  expect((call?.firstTokenAt ?? 0) - (call?.startedAt ?? 0)).toBeGreaterThanOrEqual(29);
  // 11 tokens have 10 gaps of 5 ms.
  expect((call?.endedAt ?? 0) - (call?.firstTokenAt ?? 0)).toBeGreaterThanOrEqual(49);
  expect(items.at(-1)?.total_duration).toBeGreaterThanOrEqual(79e6);
});

test("rpm lets so many calls in per minute and says when to come back", async () => {
  await using simulator = await startSimulator({ perModel: { a: { rpm: 3 } } });
  const ask = (model: string) => fetch(`${simulator.url}/api/generate`, { method: "POST", body: JSON.stringify({ model, prompt: "x" }) });
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask("a")));
  expect(answers.map((answer) => answer.status).toSorted((one, other) => one - other)).toEqual([200, 200, 200, 429, 429]);
  expect(Number(answers.find((answer) => answer.status === 429)?.headers.get("retry-after"))).toBeGreaterThan(58);
  expect((await ask("b")).status).toBe(200);
  expect(simulator.stats.models["a"]).toMatchObject({ maxIn60s: 5, maxIn1s: 5, completed: 3, error: 2 });
});

test("a window counts its last 60 s, whatever came before, and remembers its most", () => {
  const window = new SlidingWindow(60_000);
  for (let at = 0; at < 3000; at++) window.add(at);
  expect(window.count(2999)).toBe(3000);
  expect(window.msUntilRoom(2999)).toBe(57_001);
  expect(window.count(60_000)).toBe(2999); // the one at 0 has left
  expect(window.count(62_000)).toBe(999);
  window.add(200_000);
  expect(window.count(200_000)).toBe(1);
  expect(window.max).toBe(3000);
});

test("a reset forgets the past and still counts what is under way", async () => {
  await using simulator = await startSimulator({ perModel: { slow: { outage: "hang" } } });
  const ollama = ollamaOf(simulator);
  await ollama.generate({ model: "a", prompt: "x" });
  const leaving = new AbortController();
  const hanging = rejection(
    fetch(`${simulator.url}/api/generate`, { method: "POST", body: '{"model":"slow","prompt":"x"}', signal: leaving.signal }),
  );
  await simulator.waitForCall((call) => call.model === "slow");
  expect((await fetch(`${simulator.url}/calls`, { method: "DELETE" })).status).toBe(204);
  expect(simulator.stats).toMatchObject({ received: 1, completed: 0, underWay: 1, maxUnderWay: 1 });
  leaving.abort();
  await hanging;
  await simulator.waitForCall((call) => call.outcome === "aborted");
  expect(simulator.stats).toMatchObject({ received: 1, aborted: 1, underWay: 0 });
});

test("the request's id is in the log", async () => {
  await using simulator = await startSimulator();
  await openaiOf(simulator).chat.completions.create({ model: "a", messages: user("[[m]]") }, { headers: { "x-request-id": "client.42" } });
  const calls = (await (await fetch(`${simulator.url}/calls`)).json()) as unknown[];
  expect(calls).toEqual(simulator.calls());
  expect(calls).toMatchObject([
    { n: 1, requestId: "client.42", marker: "m", api: "openai.chat", stream: false, outcome: "completed", status: 200, concurrency: 1 },
  ]);
});

test("waiting for a call that never comes ends with an error", async () => {
  await using simulator = await startSimulator();
  expect((await rejection(simulator.waitForCall(() => true, { timeoutMs: 20 }))).message).toBe(
    "simulator: no such call within 20 ms; 0 calls seen",
  );
  const waiting = rejection(simulator.waitForCall(() => true));
  await simulator.close();
  expect((await waiting).message).toContain("closed");
});
