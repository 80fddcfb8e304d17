import { BadRequestError, NotFoundError, type OpenAI } from "openai";
import { expect, test } from "vitest";
import { type Simulator, startSimulator } from "../src/index.ts";
import { ollamaOf, openaiOf, rejection, user, weatherTool } from "./clients.ts";

async function post(simulator: Simulator, path: string, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${simulator.url}${path}`, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

test.each([
  ["/api/generate", '{"model":"nope","prompt":"x"}', 404, "model 'nope' not found"],
  ["/api/chat", '{"model":"nope","messages":[{"role":"user","content":"x"}]}', 404, "model 'nope' not found"],
  ["/api/show", '{"model":"nope"}', 404, "model 'nope' not found"],
  ["/api/embed", '{"model":"nope","input":"x"}', 404, 'model "nope" not found, try pulling it first'],
  ["/api/embed", '{"model":"a","input":"x"}', 501, "this model does not support embeddings"],
  ["/api/generate", "{}", 404, "model '' not found"],
  ["/api/chat", "{}", 400, "model is required"],
  ["/api/generate", "", 400, "missing request body"],
  ["/api/generate", '{"model":"a",', 400, "unexpected EOF"],
  ["/api/generate", '{"model":5}', 400, "json: cannot unmarshal number into Go struct field GenerateRequest.model of type string"],
  ["/api/generate", '{"model":"a","prompt":"x","options":{"temperature":"hot"}}', 500, 'option "temperature" must be of type float32'],
  [
    "/api/generate",
    '{"model":"a","prompt":"x","format":"yaml"}',
    500,
    'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object',
  ],
  ["/api/generate", '{"model":"a","prompt":"x","keep_alive":"soon"}', 400, 'time: invalid duration "soon"'],
  ["/api/generate", '{"model":"a","prompt":"x","think":true}', 400, '"a" does not support thinking'],
  [
    "/api/generate",
    '{"model":"a","prompt":"a long prompt","truncate":false,"options":{"num_ctx":2}}',
    400,
    "the input length exceeds the context length",
  ],
])("Ollama's %s answers %s with %i", async (path, body, status, message) => {
  await using simulator = await startSimulator({ models: ["a"] });
  expect(await post(simulator, path, body)).toEqual({ status, text: JSON.stringify({ error: message }) });
});

test("wrong paths and methods get Ollama's plain texts", async () => {
  await using simulator = await startSimulator();
  expect(await post(simulator, "/api/nothing", "{}")).toEqual({ status: 404, text: "404 page not found" });
  expect(await post(simulator, "/api/tags", "{}")).toEqual({ status: 405, text: "405 method not allowed" });
  const get = await fetch(`${simulator.url}/api/chat`);
  expect([get.status, await get.text()]).toEqual([405, "405 method not allowed"]);
});

test("a longer prompt than num_ctx is cut silently, as Ollama does", async () => {
  await using simulator = await startSimulator();
  const answer = await ollamaOf(simulator).generate({ model: "a", prompt: "x".repeat(4000), options: { num_ctx: 512 } });
  expect(answer.prompt_eval_count).toBe(512);
});

test("the npm client of Ollama throws a ResponseError with the status", async () => {
  await using simulator = await startSimulator({ models: ["a"], supportsTools: false, supportsImages: false });
  const ollama = ollamaOf(simulator);
  const tools = await rejection(ollama.chat({ model: "a", messages: user("x"), stream: true, tools: [weatherTool] }));
  expect(tools).toMatchObject({
    name: "ResponseError",
    status_code: 400,
    error: "registry.ollama.ai/library/a:latest does not support tools",
  });
  const images = await rejection(ollama.generate({ model: "a", prompt: "x", images: ["aGk="] }));
  expect(images).toMatchObject({ status_code: 500, error: "this model is missing data required for image input" });
});

test("OpenAI's errors carry type and code, and become the SDK's classes", async () => {
  await using simulator = await startSimulator({
    models: ["a"],
    apiKey: "secret",
    supportsTools: false,
    supportsImages: false,
    contextLength: 4,
  });
  const openai = openaiOf(simulator, { apiKey: "secret" });
  expect(await ask(openaiOf(simulator, { apiKey: "wrong" }), {})).toMatchObject({ status: 401, code: "invalid_api_key" });
  const missing = await ask(openai, { model: "nope" });
  expect(missing).toBeInstanceOf(NotFoundError);
  expect(missing).toMatchObject({ code: "model_not_found", type: "invalid_request_error" });
  expect(await ask(openai, { tools: [weatherTool] })).toMatchObject({ status: 400, code: "unsupported_parameter" });
  expect(await ask(openai, { messages: user("far too long a prompt") })).toMatchObject({ status: 400, code: "context_length_exceeded" });
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } };
  expect((await ask(openai, { messages: [{ role: "user", content: [{ type: "text", text: "x" }, image] }] })).message).toContain(
    "image_url is only supported",
  );
  expect(await ask(openai, { temperature: 7 })).toMatchObject({ status: 400, type: "invalid_request_error" });
  expect(await ask(openai, { messages: [] })).toBeInstanceOf(BadRequestError);
  expect(simulator.calls().every((call) => call.outcome === "error")).toBe(true);
  expect((await openai.chat.completions.create({ model: "a", messages: user("x") })).choices).toHaveLength(1);
});

test("a key is asked for on /v1 only, and never shown", async () => {
  await using simulator = await startSimulator({ apiKey: "secret-key-1" });
  expect((await fetch(`${simulator.url}/v1/models`)).status).toBe(401);
  expect((await fetch(`${simulator.url}/api/tags`)).status).toBe(200);
  expect(await (await fetch(`${simulator.url}/control`)).text()).not.toContain("secret-key-1");
});

function ask(openai: OpenAI, body: object): Promise<Error & Record<string, unknown>> {
  return rejection(openai.chat.completions.create({ model: "a", messages: user("x"), ...body }));
}
