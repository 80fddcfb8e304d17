import { APIError, APIUserAbortError, InternalServerError, RateLimitError } from "openai";
import { expect, test } from "vitest";
import { type OutageInput, startSimulator } from "../src/index.ts";
import { drain, ollamaOf, openaiOf, rejection, user } from "./clients.ts";

test("refuse closes the port, cuts what is under way, and the same port comes back", async () => {
  await using simulator = await startSimulator({ latencyMs: 60_000 });
  const ollama = ollamaOf(simulator);
  const underWay = rejection(ollama.generate({ model: "a", prompt: "x" }));
  await simulator.waitForCall((call) => call.startedAt !== null);
  const port = simulator.port;
  await simulator.control({ outage: "refuse" });
  expect((await underWay).message).toBe("fetch failed");
  expect(simulator.calls()[0]?.outcome).toBe("cut");
  const refused = await rejection(ollama.generate({ model: "a", prompt: "x" }));
  expect(refused.cause).toMatchObject({ code: "ECONNREFUSED" });
  await simulator.control({ outage: null, latencyMs: 0 });
  expect(simulator.port).toBe(port);
  expect((await ollama.generate({ model: "a", prompt: "x" })).done).toBe(true);
});

test("refuse ends by itself after forMs", async () => {
  await using simulator = await startSimulator();
  await simulator.control({ outage: { mode: "refuse", forMs: 30 } });
  expect((await rejection(fetch(simulator.url))).message).toBe("fetch failed");
  await expect
    .poll(
      () =>
        fetch(simulator.url).then(
          (response) => response.status,
          () => "refused",
        ),
      { interval: 10 },
    )
    .toBe(200);
});

test("one model resets its connections while the other answers", async () => {
  await using simulator = await startSimulator({ perModel: { dead: { outage: "reset" } } });
  const ollama = ollamaOf(simulator);
  expect((await rejection(ollama.generate({ model: "dead", prompt: "x" }))).message).toBe("fetch failed");
  expect((await ollama.generate({ model: "alive", prompt: "x" })).done).toBe(true);
  expect(simulator.calls().map((call) => call.outcome)).toEqual(["cut", "completed"]);
});

test.each<[OutageInput, object, string | null]>([
  [{ mode: "status", status: 500 }, { status_code: 500, error: "llama runner process no longer running: -1 " }, null],
  [{ mode: "status", status: 503, message: "away", retryAfterSeconds: 3 }, { status_code: 503, error: "away" }, "3"],
  [{ mode: "rate-limit", retryAfterSeconds: 7 }, { status_code: 429, error: "too many requests" }, "7"],
  ["busy", { status_code: 503, error: "server busy, please try again.  maximum pending requests exceeded" }, null],
])("%j answers Ollama's error, also to a stream", async (outage, expected, retryAfter) => {
  await using simulator = await startSimulator({ outage });
  const ollama = ollamaOf(simulator);
  expect(await rejection(ollama.generate({ model: "a", prompt: "x" }))).toMatchObject(expected);
  expect(await rejection(ollama.chat({ model: "a", messages: user("x"), stream: true }))).toMatchObject(expected);
  const response = await fetch(`${simulator.url}/api/generate`, { method: "POST", body: '{"model":"a","prompt":"x"}' });
  expect(response.headers.get("retry-after")).toBe(retryAfter);
});

test("OpenAI's SDK sees 429 and 500 as its own classes", async () => {
  await using simulator = await startSimulator({ outage: { mode: "rate-limit", retryAfterSeconds: 7, next: 1 } });
  const ask = () => rejection(openaiOf(simulator).chat.completions.create({ model: "a", messages: user("x") }));
  const limited = await ask();
  expect(limited).toBeInstanceOf(RateLimitError);
  expect((limited as unknown as { headers: Headers }).headers.get("retry-after")).toBe("7");
  await simulator.control({ outage: "status" });
  expect(await ask()).toBeInstanceOf(InternalServerError);
});

test("hang sends not one byte, and the call ends when the client leaves", async () => {
  await using simulator = await startSimulator({ outage: "hang" });
  const leaving = new AbortController();
  const call = rejection(openaiOf(simulator).chat.completions.create({ model: "a", messages: user("x") }, { signal: leaving.signal }));
  const seen = await simulator.waitForCall(() => true);
  expect(seen).toMatchObject({ outcome: null, firstTokenAt: null });
  expect(simulator.stats).toMatchObject({ underWay: 1, models: { a: { underWay: 1 } } });
  leaving.abort();
  expect(await call).toBeInstanceOf(APIUserAbortError);
  expect(await simulator.waitForCall((record) => record.outcome === "aborted")).toMatchObject({ tokensSent: 0 });
});

test("stall-after goes silent after its tokens, the connection stays open", async () => {
  await using simulator = await startSimulator({ outage: { mode: "stall-after", tokens: 3 } });
  const stream = await ollamaOf(simulator).generate({ model: "a", prompt: "x", stream: true });
  const iterator = stream[Symbol.asyncIterator]();
  for (let token = 0; token < 3; token++) expect((await iterator.next()).done).toBe(false);
  const call = await simulator.waitForCall((record) => record.tokensSent === 3);
  expect(call.outcome).toBeNull();
  const next = rejection(iterator.next());
  stream.abort();
  expect((await next).name).toBe("AbortError");
  await simulator.waitForCall((record) => record.outcome === "aborted");
});

test("cut-after breaks the connection after its tokens, a plain call without an answer", async () => {
  await using simulator = await startSimulator({ tokens: 40, outage: { mode: "cut-after", tokens: 10 } });
  const ollama = ollamaOf(simulator);
  const { items, error } = await drain(await ollama.generate({ model: "a", prompt: "x", stream: true }));
  expect(items).toHaveLength(10);
  expect(error).toMatchObject({ message: "terminated", cause: { code: "UND_ERR_SOCKET" } });
  expect((await rejection(ollama.generate({ model: "a", prompt: "x" }))).message).toBe("fetch failed");
  await simulator.control({ outage: { mode: "cut-after", tokens: 0 } });
  expect((await rejection(ollama.generate({ model: "a", prompt: "x", stream: true }))).message).toBe("fetch failed");
  expect(simulator.calls().map((call) => [call.outcome, call.tokensSent])).toEqual([
    ["cut", 10],
    ["cut", 10],
    ["cut", 0],
  ]);
});

test("end-without-done ends cleanly, as a model in a loop does", async () => {
  await using simulator = await startSimulator({ outage: { mode: "end-without-done", tokens: 4 } });
  const ollama = ollamaOf(simulator);
  const { items, error } = await drain(await ollama.generate({ model: "a", prompt: "x", stream: true }));
  expect(items).toHaveLength(4);
  expect(error?.message).toBe("Did not receive done or success response in stream.");
  const plain = await ollama.generate({ model: "a", prompt: "x" });
  expect(plain.done).toBe(false);
  expect(plain).not.toHaveProperty("done_reason");
  expect(plain).not.toHaveProperty("eval_count");
  const openai = openaiOf(simulator);
  const chunks = await drain(await openai.chat.completions.create({ model: "a", messages: user("x"), stream: true }));
  expect(chunks.error).toBeUndefined();
  expect(chunks.items.every((chunk) => chunk.choices[0]?.finish_reason === null)).toBe(true);
  const completion = await openai.chat.completions.create({ model: "a", messages: user("x") });
  expect(completion).toMatchObject({ choices: [{ finish_reason: null }], usage: { total_tokens: 0 } });
  expect(simulator.stats.unfinished).toBe(4);
});

test("error-after ends a stream with an error line, and a plain call with 500", async () => {
  await using simulator = await startSimulator({ outage: { mode: "error-after", tokens: 2 } });
  const message = "an error was encountered while running the model: unexpected EOF";
  const ollama = ollamaOf(simulator);
  const { items, error } = await drain(await ollama.generate({ model: "a", prompt: "x", stream: true }));
  expect(items).toHaveLength(2);
  expect(error?.message).toBe(message);
  expect(await rejection(ollama.generate({ model: "a", prompt: "x" }))).toMatchObject({ status_code: 500, error: message });
  const chunks = await drain(await openaiOf(simulator).chat.completions.create({ model: "a", messages: user("x"), stream: true }));
  expect(chunks.error).toBeInstanceOf(APIError);
});

test("garbage is a 200 that is not JSON", async () => {
  await using simulator = await startSimulator({ outage: "garbage" });
  expect(await rejection(ollamaOf(simulator).generate({ model: "a", prompt: "x" }))).toBeInstanceOf(SyntaxError);
});

test("an outage for the next n calls and failNext end by themselves", async () => {
  await using simulator = await startSimulator({
    outage: { mode: "busy", next: 2 },
    failNext: 1,
    errorStatus: 502,
    perModel: { b: { failNext: 2 } },
  });
  const statuses = async (model: string, count: number) => {
    const seen = [];
    for (let call = 0; call < count; call++) {
      const response = await fetch(`${simulator.url}/api/generate`, { method: "POST", body: JSON.stringify({ model, prompt: "x" }) });
      await response.text();
      seen.push(response.status);
    }
    return seen;
  };
  expect(await statuses("a", 5)).toEqual([503, 503, 502, 200, 200]);
  expect(await statuses("b", 3)).toEqual([502, 502, 200]);
});

test("random errors follow the seed", async () => {
  const first = await statusesWithSeed(7);
  expect(await statusesWithSeed(7)).toBe(first);
  expect(await statusesWithSeed(8)).not.toBe(first);
  expect(first).toContain("200");
  expect(first).toContain("500");
});

async function statusesWithSeed(seed: number): Promise<string> {
  await using simulator = await startSimulator({ errorRate: 0.5, seed });
  for (let call = 0; call < 40; call++) {
    const response = await fetch(`${simulator.url}/api/generate`, { method: "POST", body: '{"model":"a","prompt":"x"}' });
    await response.text();
  }
  return simulator
    .calls()
    .map((call) => call.status)
    .join(" ");
}
