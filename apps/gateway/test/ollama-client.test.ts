// Ollama's own client against gateway, real Redis, worker and simulator.
import { Ollama } from "ollama";
import { expect } from "vitest";
import { rejection, type Stack, stackTest } from "./support/stack.ts";

const clientOf = ({ gateway }: Stack): Ollama => new Ollama({ host: gateway.url });
const say = (content: string) => [{ role: "user", content }];
const weather = { type: "function", function: { name: "weather", description: "Says the weather", parameters: { type: "object" } } };

stackTest("generate and chat, plain", async ({ stack }) => {
  const ollama = clientOf(stack);
  const generated = await ollama.generate({ model: "llama:latest", prompt: "one [[g1]]", options: { temperature: 0, num_predict: 3 } });
  expect(generated).toMatchObject({ model: "llama", done: true, done_reason: "length", eval_count: 3 });
  expect(generated.response).toMatch(/^\[\[g1\]\]/);
  const chatted = await ollama.chat({ model: "fast", messages: say("two [[g2]]"), keep_alive: "5m" });
  expect(chatted).toMatchObject({ model: "fast", done: true, done_reason: "stop", message: { role: "assistant" } });
  expect(chatted.message.content).toMatch(/^\[\[g2\]\]/);
});

stackTest("streams: a line for each token, then the counts", async ({ stack }) => {
  const ollama = clientOf(stack);
  const lines = await Array.fromAsync(await ollama.generate({ model: "llama", prompt: "stream", stream: true }));
  expect(lines.map(({ done }) => done)).toEqual([...Array.from({ length: 8 }, () => false), true]);
  expect(lines.at(-1)).toMatchObject({ done_reason: "stop", eval_count: 8 });
  const chat = await Array.fromAsync(await ollama.chat({ model: "llama", messages: say("stream"), stream: true }));
  expect(chat.map(({ message }) => message.content).join("")).toMatch(/^\[\[/);
});

stackTest("tools: called, streamed too, and their results handed back without ids", async ({ stack }) => {
  const ollama = clientOf(stack);
  const { message } = await ollama.chat({ model: "tools", messages: say("weather?"), tools: [weather] });
  expect(message.tool_calls).toMatchObject([{ function: { name: "weather", arguments: { city: "Oslo" } } }]);
  const lines = await Array.fromAsync(await ollama.chat({ model: "tools", messages: say("weather?"), tools: [weather], stream: true }));
  expect(lines.flatMap((line) => line.message.tool_calls ?? [])).toHaveLength(1);
  for (const model of ["fast", "llama"]) {
    const answer = await ollama.chat({
      model,
      messages: [
        ...say("weather?"),
        { role: "assistant", content: "", tool_calls: [{ function: { name: "weather", arguments: { city: "Oslo" } } }] },
        { role: "tool", content: "rain", tool_name: "weather" },
      ],
    });
    expect(answer.message.content).not.toBe("");
  }
});

stackTest("thinking comes apart from the answer", async ({ stack }) => {
  const { thinking, response } = await clientOf(stack).generate({ model: "thinker", prompt: "think", think: true });
  expect(thinking).toBe("let me see");
  expect(response).not.toContain("let me see");
});

stackTest("an aborted stream is cancelled at the model", async ({ stack }) => {
  const stream = await clientOf(stack).chat({ model: "slow", messages: say("abort [[o1]]"), stream: true });
  const error = await rejection(
    (async () => {
      for await (const line of stream) if (line.message.content) stream.abort();
    })(),
  );
  expect(error.name).toBe("AbortError");
  const call = await stack.simulator.waitForCall(({ marker, outcome }) => marker === "o1" && outcome !== null);
  expect(call.outcome).toBe("aborted");
});

stackTest("errors have their status and say what to do", async ({ stack }) => {
  const ollama = clientOf(stack);
  const missing = await rejection(ollama.chat({ model: "lama", messages: say("x") }));
  expect(missing).toMatchObject({ name: "ResponseError", status_code: 404 });
  expect(missing.message).toContain("did you mean llama?");
  expect(await rejection(ollama.generate({ model: "fast", prompt: "x", options: { temperature: 9 } }))).toMatchObject({
    status_code: 400,
    message: expect.stringContaining("options.temperature") as string,
  });
  expect(await rejection(ollama.generate({ model: "down", prompt: "x", stream: true }))).toMatchObject({ status_code: 502 });
  expect(await rejection(ollama.pull({ model: "fast" }))).toMatchObject({ status_code: 501 });
});

stackTest(
  "what its command line asks before it runs a model: is a server there, which models, loading and unloading",
  async ({ stack }) => {
    const ollama = clientOf(stack);
    const { status } = await fetch(stack.gateway.url, { method: "HEAD" });
    expect(status).toBe(200);
    const { models } = await ollama.list();
    expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(["fast", "llama", "auto"]));
    expect((await ollama.ps()).models.map(({ name }) => name)).toContain("llama");
    expect((await ollama.show({ model: "llama:latest" })).capabilities).toContain("completion");
    expect((await ollama.version()).version).toMatch(/^\d+\.\d+/);
    expect(await ollama.generate({ model: "llama", prompt: "" })).toMatchObject({ done: true, done_reason: "load", response: "" });
    expect(await ollama.chat({ model: "llama", messages: [], keep_alive: 0 })).toMatchObject({ done: true, done_reason: "unload" });
    expect(await rejection(ollama.generate({ model: "nope", prompt: "" }))).toMatchObject({ status_code: 404 });
  },
);
