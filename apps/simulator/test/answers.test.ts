import { expect, test } from "vitest";
import { startSimulator } from "../src/index.ts";
import { drain, ollamaOf, openaiOf, user, weatherTool } from "./clients.ts";

const tools = [weatherTool];

test("a plain answer of Ollama carries the prompt's marker, its counts and its reason to stop", async () => {
  await using simulator = await startSimulator({ tokens: 5 });
  const answer = await ollamaOf(simulator).generate({ model: "a", prompt: "what is [[q-17]]?" });
  expect(answer).toMatchObject({ model: "a", done: true, done_reason: "stop", eval_count: 5, prompt_eval_count: 5 });
  expect(answer.response).toMatch(/^\[\[q-17\]\]( \w+){4}$/);
  expect(answer.load_duration).toBeGreaterThan(0);
  expect(answer).not.toHaveProperty("prompt_eval_duration"); // without latency it is zero, and Ollama leaves zeros out
  const again = await ollamaOf(simulator).chat({ model: "a", messages: user("what is [[q-17]]?") });
  expect(again.message).toEqual({ role: "assistant", content: answer.response });
});

test("a prompt without a marker is answered with its hash, another prompt with another", async () => {
  await using simulator = await startSimulator();
  const ollama = ollamaOf(simulator);
  const answers = await Promise.all(["one", "two", "one"].map((prompt) => ollama.generate({ model: "a", prompt })));
  expect(answers[0]?.response).toBe(answers[2]?.response);
  expect(answers[0]?.response).not.toBe(answers[1]?.response);
  const [first] = simulator.calls();
  expect(answers[0]?.response).toContain(`[[${first?.marker}]]`);
});

test("a stream of Ollama has one line per token and ends with done", async () => {
  await using simulator = await startSimulator({ tokens: 12 });
  const { items, error } = await drain(await ollamaOf(simulator).chat({ model: "a", messages: user("[[s]]"), stream: true }));
  expect(error).toBeUndefined();
  expect(items).toHaveLength(13);
  expect(items.map((item) => item.message.content).join("")).toMatch(/^\[\[s\]\]( \w+){11}$/);
  expect(items.slice(0, -1).every((item) => !item.done)).toBe(true);
  expect(items.at(-1)).toMatchObject({ done: true, done_reason: "stop", eval_count: 12, message: { content: "" } });
});

test("Ollama streams unless told otherwise, and sends its headers with the first token", async () => {
  await using simulator = await startSimulator({ tokens: 2 });
  const response = await fetch(`${simulator.url}/api/generate`, { method: "POST", body: JSON.stringify({ model: "a", prompt: "x" }) });
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  expect((await response.text()).trimEnd().split("\n")).toHaveLength(3);
});

test("an empty prompt loads the model, and with keep_alive 0 unloads it", async () => {
  await using simulator = await startSimulator();
  const ollama = ollamaOf(simulator);
  expect(await ollama.generate({ model: "a", prompt: "" })).toMatchObject({ done: true, done_reason: "load", response: "" });
  expect(await ollama.chat({ model: "a", messages: [], keep_alive: 0 })).toMatchObject({ done: true, done_reason: "unload" });
});

test("OpenAI's plain answer and its stream say the same", async () => {
  await using simulator = await startSimulator({ tokens: 6 });
  const openai = openaiOf(simulator);
  const plain = await openai.chat.completions.create({ model: "a", messages: user("[[o]] hello") });
  expect(plain.choices[0]).toMatchObject({ finish_reason: "stop", message: { role: "assistant" } });
  expect(plain.usage).toEqual({ prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 });
  const stream = await openai.chat.completions.create({
    model: "a",
    messages: user("[[o]] hello"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const { items, error } = await drain(stream);
  expect(error).toBeUndefined();
  expect(items[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
  expect(items.map((item) => item.choices[0]?.delta.content ?? "").join("")).toBe(plain.choices[0]?.message.content);
  expect(items).toHaveLength(1 + 6 + 1 + 1);
  expect(items.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  expect(items.at(-1)).toMatchObject({ choices: [], usage: plain.usage });
  expect(new Set(items.map((item) => item.id)).size).toBe(1);
});

test("without include_usage a stream carries no usage, and it ends with [DONE]", async () => {
  await using simulator = await startSimulator({ tokens: 1 });
  const body = JSON.stringify({ model: "a", stream: true, messages: user("x") });
  const text = await (await fetch(`${simulator.url}/some/base/v1/chat/completions`, { method: "POST", body })).text();
  expect(text).not.toContain("usage");
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("a token limit ends an answer with length; Ollama's num_predict 0 is no limit", async () => {
  await using simulator = await startSimulator({ tokens: 10 });
  const ollama = ollamaOf(simulator);
  const native = await ollama.generate({ model: "a", prompt: "x", options: { num_predict: 3 } });
  expect(native).toMatchObject({ done_reason: "length", eval_count: 3 });
  expect(await ollama.generate({ model: "a", prompt: "x", options: { num_predict: 0 } })).toMatchObject({ eval_count: 10 });
  const compatible = await openaiOf(simulator).chat.completions.create({ model: "a", messages: user("x"), max_completion_tokens: 3 });
  expect(compatible).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { completion_tokens: 3 } });
});

test("a fixed answer fills in the prompt and the model, and ends before a stop string", async () => {
  await using simulator = await startSimulator({ answer: "{model} heard: {prompt}! END of it" });
  const ollama = ollamaOf(simulator);
  expect((await ollama.generate({ model: "a", prompt: "$& hi" })).response).toBe("a heard: $& hi! END of it");
  expect(await ollama.generate({ model: "a", prompt: "hi", options: { stop: ["END"] } })).toMatchObject({
    response: "a heard: hi! ",
    done_reason: "stop",
  });
});

test("JSON is answered where JSON is asked for", async () => {
  await using simulator = await startSimulator();
  const native = await ollamaOf(simulator).generate({ model: "a", prompt: "[[j]]", format: "json" });
  expect(JSON.parse(native.response ?? "") as unknown).toMatchObject({ marker: "j" });
  const compatible = await openaiOf(simulator).chat.completions.create({
    model: "a",
    messages: user("[[j]]"),
    response_format: { type: "json_object" },
  });
  expect(compatible.choices[0]?.message.content).toBe(native.response);
});

test("tools are called on command, in both formats, plain and streamed", async () => {
  await using simulator = await startSimulator({ toolCalls: [{ name: "weather", arguments: { city: "Bern" } }] });
  const ollama = ollamaOf(simulator);
  const openai = openaiOf(simulator);
  const native = await ollama.chat({ model: "a", messages: user("x"), tools });
  expect(native.message.tool_calls).toMatchObject([{ function: { name: "weather", arguments: { city: "Bern" } } }]);
  const lines = await drain(await ollama.chat({ model: "a", messages: user("x"), tools, stream: true }));
  expect(lines.items[0]?.message.tool_calls).toHaveLength(1);
  const plain = await openai.chat.completions.create({ model: "a", messages: user("x"), tools });
  expect(plain.choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null, tool_calls: [{ type: "function" }] } });
  const runner = openai.chat.completions.stream({ model: "a", messages: user("x"), tools });
  const final = (await runner.finalChatCompletion()).choices[0];
  expect(final?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather", arguments: '{"city":"Bern"}' } });
  const without = await ollama.chat({ model: "a", messages: user("x") });
  expect(without.message.tool_calls).toBeUndefined();
  expect(without.message.content).not.toBe("");
});

test("a model that thinks does so in its own field, unless told not to", async () => {
  await using simulator = await startSimulator({ reasoning: "let me see", tokens: 2 });
  const ollama = ollamaOf(simulator);
  const answer = await ollama.chat({ model: "a", messages: user("x"), think: true });
  expect(answer.message.thinking).toBe("let me see");
  expect(answer.message.content).not.toContain("let me see");
  expect((await ollama.generate({ model: "a", prompt: "x", think: false })).thinking).toBeUndefined();
});

test("a content filter is a finish reason of its own", async () => {
  await using simulator = await startSimulator({ finishReason: "content_filter" });
  const answer = await openaiOf(simulator).chat.completions.create({ model: "a", messages: user("x") });
  expect(answer.choices[0]?.finish_reason).toBe("content_filter");
});

test("the catalogues list the models that exist", async () => {
  await using simulator = await startSimulator({ models: ["a", "b:3b"], perModel: { a: { supportsTools: false } } });
  const ollama = ollamaOf(simulator);
  expect((await ollama.list()).models.map((model) => model.name)).toEqual(["a:latest", "b:3b"]);
  expect((await ollama.ps()).models).toHaveLength(2);
  expect((await ollama.show({ model: "a" })).capabilities).toEqual(["completion", "vision"]);
  expect((await ollama.version()).version).toBe("0.17.4");
  expect(await (await fetch(simulator.url)).text()).toBe("Ollama is running");
  const openai = openaiOf(simulator);
  expect((await openai.models.list()).data.map((model) => model.id)).toEqual(["a", "b:3b"]);
  expect((await openai.models.retrieve("b:3b")).id).toBe("b:3b");
});
