import { Readable } from "node:stream";
import type { BackendModel, BackendRequest } from "@llm-router/contracts";
import { describe, expect, test, vi } from "vitest";
import { createOllamaBackend, type RunnableBackend } from "../src/index.ts";
import { contextWith, failureOf } from "../src/testing/harness.ts";
import { line, type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";

const request: BackendRequest = { model: "m", messages: [{ role: "user", content: "hi" }] };
const done = line({ done: true, done_reason: "stop", prompt_eval_count: 3 });

function backendAt(server: ScriptedServer, more: Partial<BackendModel> = {}): RunnableBackend & AsyncDisposable {
  const backend = createOllamaBackend({ name: "local", provider: "ollama", model: "m", baseUrl: server.url, ...more });
  return { ...backend, [Symbol.asyncDispose]: async () => backend.close() };
}

const startDone = (): Promise<ScriptedServer> =>
  startScriptedServer((response) => response.end(line({ message: { role: "assistant", content: "yes" }, done: false }) + done));

describe("what is sent", () => {
  test("a plain prompt goes to /api/generate with system and images, as the model's options and the request say", async () => {
    await using server = await startDone();
    await using backend = backendAt(server, {
      options: { num_gpu: 1, num_ctx: 2048, keep_alive: "10m", top_k: 7, temperature: 1 },
      apiKey: "key-for-the-proxy",
    });
    await backend.generate(
      {
        ...request,
        prompt: "hi",
        system: "Be brief.",
        images: ["data:image/png;base64,iVBORw0K"],
        temperature: 0,
        topP: 0.5,
        maxTokens: 9,
        stop: ["."],
        seed: 1,
      },
      contextWith({ id: "r.1" }),
    );
    const options = { num_gpu: 1, num_ctx: 2048, top_k: 7, temperature: 0, top_p: 0.5, num_predict: 9, stop: ["."], seed: 1 };
    expect(server.calls[0]).toMatchObject({
      path: "/api/generate",
      headers: { authorization: "Bearer key-for-the-proxy", "x-request-id": "r.1" },
    });
    expect(server.calls[0]?.body).toEqual({
      model: "m",
      stream: true,
      keep_alive: "10m",
      prompt: "hi",
      system: "Be brief.",
      images: ["iVBORw0K"],
      options,
    });
  });

  test("messages go to /api/chat, with images as base64, arguments as objects and results under their tool's name", async () => {
    await using server = await startDone();
    await using backend = backendAt(server);
    const toolCall = { id: "c1", type: "function" as const, function: { name: "weather", arguments: '{"place":"Oslo"}' } };
    await backend.generate(
      {
        model: "m",
        messages: [
          { role: "developer", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "This " },
              { type: "text", text: "one" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            ],
          },
          { role: "assistant", toolCalls: [toolCall] },
          { role: "tool", toolCallId: "c1", content: "sunny" },
        ],
        tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }],
        responseFormat: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
      },
      contextWith(),
    );
    expect(server.calls[0]?.path).toBe("/api/chat");
    expect(server.calls[0]?.body).toEqual({
      model: "m",
      stream: true,
      options: {},
      format: { type: "object" },
      tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }],
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "This one", images: ["AAAA"] },
        { role: "assistant", content: "", tool_calls: [{ function: { name: "weather", arguments: { place: "Oslo" } } }] },
        { role: "tool", content: "sunny", tool_name: "weather", tool_call_id: "c1" },
      ],
    });
  });

  test("providerOptions go where Ollama expects them, but never change how the model is loaded", async () => {
    await using server = await startDone();
    await using backend = backendAt(server, { options: { num_ctx: 2048 } });
    await backend.generate(
      { ...request, temperature: 1, providerOptions: { think: true, min_p: 0.1, options: { temperature: 0.2, num_ctx: 512 } } },
      contextWith(),
    );
    expect(server.calls[0]?.body).toMatchObject({ think: true, options: { min_p: 0.1, temperature: 0.2, num_ctx: 2048 } });
  });

  test("an image text that is the name of a file is not read from this machine's disk", async () => {
    await using server = await startDone();
    await using backend = backendAt(server);
    await backend.generate({ ...request, prompt: "hi", images: ["package.json"] }, contextWith());
    expect(server.calls[0]?.body["images"]).toEqual(["package.json"]);
  });

  test.each([
    { name: "num_predict 0, which is no limit", more: { providerOptions: { num_predict: 0 } }, kind: "rejected" },
    { name: "an image that is a link", more: { prompt: "hi", images: ["https://example.org/a.png"] }, kind: "unsupported" },
    {
      name: "arguments that are no JSON",
      more: { messages: [{ role: "assistant", toolCalls: [{ id: "c", type: "function", function: { name: "f", arguments: "{" } }] }] },
      kind: "rejected",
    },
  ] as { name: string; more: Partial<BackendRequest>; kind: string }[])("$name is refused without a call", async ({ more, kind }) => {
    await using server = await startDone();
    await using backend = backendAt(server);
    expect((await failureOf(backend.generate({ ...request, ...more }, contextWith()))).kind).toBe(kind);
    expect(server.calls).toHaveLength(0);
  });
});

describe("what comes back", () => {
  test("counts that are zero are left out by Ollama; a call's arguments become text and get an id", async () => {
    const toolCalls = [{ function: { name: "f", arguments: { a: 1 } } }];
    await using server = await startScriptedServer((response) =>
      response.end(line({ message: { role: "assistant", content: "", tool_calls: toolCalls }, done: false }) + done),
    );
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith())).toEqual({
      content: "",
      toolCalls: [{ id: expect.stringMatching(/^call_\w{24}$/), type: "function", function: { name: "f", arguments: '{"a":1}' } }],
      finishReason: "tool_calls",
      usage: { promptTokens: 3, completionTokens: 0, totalTokens: 3 },
    });
  });

  test.each([
    'option "temperature" must be of type float32',
    'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object',
    "invalid JSON schema in format",
  ])("its 500 for a mistake of the caller is the caller's: %s", async (error) => {
    await using server = await startScriptedServer((response) =>
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ error })),
    );
    await using backend = backendAt(server);
    expect((await failureOf(backend.generate(request, contextWith()))).kind).toBe("rejected");
  });

  test("a model that is not there says how to pull it", async () => {
    await using server = await startScriptedServer((response) =>
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"model \'m\' not found"}'),
    );
    await using backend = backendAt(server);
    expect((await failureOf(backend.generate(request, contextWith()))).message).toContain("ollama pull m");
  });

  test("a line that is cut off is a truncated answer, and nothing of it is printed", async () => {
    const printed = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await using server = await startScriptedServer((response) =>
      response.end(line({ message: { role: "assistant", content: "a" }, done: false }) + '{"model":"m","mess'),
    );
    await using backend = backendAt(server);
    expect((await failureOf(backend.generate(request, contextWith()))).kind).toBe("truncated");
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test("an answer that is not Ollama's stream is an error that speaks of the baseUrl", async () => {
    await using server = await startScriptedServer((response) => response.end(`${done}\n<html>a page</html>\n`));
    await using backend = backendAt(server);
    const failure = await failureOf(backend.generate(request, contextWith()));
    expect(failure).toMatchObject({ kind: "server-error", message: expect.stringContaining("baseUrl") });
  });

  test("lines may come in any pieces", async () => {
    const bytes = Buffer.from(
      line({ message: { role: "assistant", content: "é\n{" }, done: false }) +
        line({ message: { role: "assistant", content: "}!" }, done: false }) +
        done,
    );
    await using server = await startScriptedServer(
      (response) => void Readable.from([...bytes].map((byte) => Buffer.of(byte))).pipe(response),
    );
    await using backend = backendAt(server);
    expect((await backend.generate(request, contextWith())).content).toBe("é\n{}!");
  });

  test("a server that never ends its response after the end mark has answered, and loses the connection", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedServer((response) => {
      response.on("close", closed.resolve);
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write(line({ message: { role: "assistant", content: "yes" }, done: false }) + done);
    });
    await using backend = backendAt(server);
    expect((await backend.generate(request, contextWith())).content).toBe("yes");
    await closed.promise;
  });

  test("one connection serves call after call", async () => {
    await using server = await startScriptedServer((response) => {
      response.write(line({ message: { role: "assistant", content: "a" }, done: false }));
      response.write(done);
      setImmediate(() => response.end());
    });
    await using backend = backendAt(server);
    for (let i = 0; i < 5; i++) await backend.generate(request, contextWith());
    expect(server.calls).toHaveLength(5);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });
});

const tags = (name: string) =>
  startScriptedServer((response, { path }) =>
    response.end(JSON.stringify(path === "/api/tags" ? { models: [{ name }] } : { version: "0.17.4" })),
  );

describe("health", () => {
  test("a model without a tag is the one tagged latest", async () => {
    await using server = await tags("m:latest");
    await using backend = backendAt(server);
    expect(await backend.healthCheck(AbortSignal.timeout(5_000))).toMatchObject({ ok: true });
  });

  test("a model that is not pulled is said with its fix", async () => {
    await using server = await tags("m:7b");
    await using backend = backendAt(server);
    const health = await backend.healthCheck(AbortSignal.timeout(5_000));
    expect(health).toMatchObject({ ok: false, message: expect.stringContaining("ollama pull m") });
  });

  test("a check ends with its signal", async () => {
    await using server = await startScriptedServer(() => undefined);
    await using backend = backendAt(server);
    expect(await backend.healthCheck(AbortSignal.timeout(50))).toMatchObject({ ok: false });
  });
});
