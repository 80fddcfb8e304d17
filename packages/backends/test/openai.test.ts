import type { BackendModel, BackendRequest } from "@llm-router/contracts";
import { describe, expect, test } from "vitest";
import { createOpenAIBackend, type RunnableBackend } from "../src/index.ts";
import { asFailure, contextWith, failureOf, observe } from "../src/testing/harness.ts";
import { chunk, event, type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";

const request: BackendRequest = { model: "m", messages: [{ role: "user", content: "hi" }] };
const usage = event({ id: "c", choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } });
const whole = chunk({ role: "assistant", content: "" }) + chunk({ content: "yes" }) + chunk({}, "stop") + usage + event("[DONE]");

function backendAt(server: ScriptedServer, more: Partial<BackendModel> = {}): RunnableBackend & AsyncDisposable {
  const backend = createOpenAIBackend({ name: "remote", provider: "openai", model: "m", baseUrl: `${server.url}/v1`, ...more });
  return { ...backend, [Symbol.asyncDispose]: async () => backend.close() };
}

const answering = (body: string): Promise<ScriptedServer> =>
  startScriptedServer((response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(body));

describe("what is sent", () => {
  test("one chat completion, streaming, with every field under OpenAI's name", async () => {
    await using server = await answering(whole);
    await using backend = backendAt(server, { apiKey: "sk-mine", options: { top_k: 5, temperature: 1 } });
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    await backend.generate(
      {
        ...request,
        temperature: 0,
        topP: 0.5,
        maxTokens: 9,
        stop: ["."],
        seed: 1,
        tools,
        toolChoice: "required",
        responseFormat: { type: "json_object" },
        providerOptions: { user: "u" },
      },
      contextWith({ id: "r.1" }),
    );
    expect(server.calls[0]).toMatchObject({
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-mine", "x-request-id": "r.1" },
    });
    expect(server.calls[0]?.body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
      top_k: 5,
      temperature: 0,
      top_p: 0.5,
      max_tokens: 9,
      stop: ["."],
      seed: 1,
      tools,
      tool_choice: "required",
      response_format: { type: "json_object" },
      user: "u",
    });
  });

  test("maxTokens goes out as max_completion_tokens where the model says so", async () => {
    await using server = await answering(whole);
    await using backend = backendAt(server, { options: { maxTokensField: "max_completion_tokens" } });
    await backend.generate({ ...request, maxTokens: 9 }, contextWith());
    expect(server.calls[0]?.body).toMatchObject({ max_completion_tokens: 9 });
    expect(server.calls[0]?.body).not.toHaveProperty("max_tokens");
    expect(server.calls[0]?.body).not.toHaveProperty("maxTokensField");
  });

  test("images join the last user message once, and the tools' history keeps its ids", async () => {
    await using server = await answering(whole);
    await using backend = backendAt(server);
    const toolCall = { id: "c1", type: "function" as const, function: { name: "f", arguments: "{}" } };
    const part = { type: "image_url" as const, image_url: { url: "data:image/jpeg;base64,/9j/AAAA" } };
    const messages: BackendRequest["messages"] = [
      { role: "user", content: "look" },
      { role: "assistant", toolCalls: [toolCall] },
      { role: "tool", toolCallId: "c1", content: "ok" },
    ];
    const images = ["/9j/AAAA"];
    await backend.generate({ ...request, messages, images }, contextWith());
    await backend.generate({ ...request, messages: [{ role: "user", content: [part] }], images }, contextWith());
    expect(server.calls[0]?.body["messages"]).toEqual([
      { role: "user", content: [{ type: "text", text: "look" }, part] },
      { role: "assistant", content: null, tool_calls: [toolCall] },
      { role: "tool", content: "ok", tool_call_id: "c1" },
    ]);
    expect(server.calls[1]?.body["messages"]).toEqual([{ role: "user", content: [part] }]);
  });

  test("a key in the environment is not sent to a server that was given none", async () => {
    await using server = await answering(whole);
    const before = process.env["OPENAI_API_KEY"];
    process.env["OPENAI_API_KEY"] = "sk-from-the-environment";
    try {
      await using backend = backendAt(server);
      await backend.generate(request, contextWith());
    } finally {
      if (before === undefined) delete process.env["OPENAI_API_KEY"];
      else process.env["OPENAI_API_KEY"] = before;
    }
    expect(server.calls[0]?.headers.authorization).not.toContain("environment");
  });

  test("OpenAI itself needs a key, and the message says where", () => {
    expect(() => createOpenAIBackend({ name: "gpt", provider: "openai", model: "m" })).toThrow(/models\.gpt\.apiKey/);
  });

  test("credentials in the baseUrl become a header and show in no message", async () => {
    await using server = await startScriptedServer((response) => response.writeHead(500).end());
    await using backend = backendAt(server, { baseUrl: `${server.url.replace("//", "//me:hidden@")}/v1` });
    const failure = await failureOf(backend.generate(request, contextWith()));
    expect(server.calls[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:hidden").toString("base64")}`);
    expect(failure.message).not.toContain("hidden");
  });

  test("a failed call is not repeated by the library", async () => {
    await using server = await startScriptedServer((response) => response.writeHead(503).end());
    await using backend = backendAt(server);
    await failureOf(backend.generate(request, contextWith()));
    expect(server.calls).toHaveLength(1);
  });
});

const piece = (index: number, more: object): string => chunk({ tool_calls: [{ index, ...more }] });

const call = (id: string, name: string, args: string): object => ({ id, type: "function", function: { name, arguments: args } });

const entire = (id: string): string => chunk({ tool_calls: [{ id, function: { name: "f", arguments: "{}" } }] });

describe("what comes back", () => {
  test.each(["reasoning", "reasoning_content"])("%s is reasoning", async (field) => {
    await using server = await answering(chunk({ [field]: "hm" }) + whole);
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith())).toMatchObject({ content: "yes", reasoning: "hm" });
  });

  test("a refusal is an answer of the provider's filter", async () => {
    await using server = await answering(chunk({ refusal: "I cannot." }) + chunk({}, "stop") + event("[DONE]"));
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith())).toMatchObject({ content: "I cannot.", finishReason: "content_filter" });
  });

  test("pieces of several calls are put together by their index", async () => {
    const body =
      piece(1, { id: "b", function: { name: "g", arguments: "{}" } }) +
      piece(0, { id: "a", function: { name: "f", arguments: '{"x"' } }) +
      piece(0, { function: { arguments: ":1}" } });
    await using server = await answering(body + chunk({}, "stop") + event("[DONE]"));
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith())).toMatchObject({
      toolCalls: [call("a", "f", '{"x":1}'), call("b", "g", "{}")],
      finishReason: "tool_calls",
    });
  });

  test("whole calls without an index stay apart, and a chunk that is null says nothing", async () => {
    await using server = await answering(`${entire("a")}data: null\n\n${entire("b")}${chunk({}, "tool_calls")}${event("[DONE]")}`);
    await using backend = backendAt(server);
    expect((await backend.generate(request, contextWith())).toolCalls?.map((each) => each.id)).toEqual(["a", "b"]);
  });

  test("an error event in the stream is classed by its code", async () => {
    await using server = await answering(
      chunk({ content: "a" }) + event({ error: { message: "too long", code: "context_length_exceeded" } }),
    );
    await using backend = backendAt(server);
    const { deltas, error } = await observe(backend.stream(request, contextWith()));
    expect(deltas).toEqual([{ text: "a" }]);
    expect(asFailure(error).kind).toBe("unsupported");
  });

  test("a server that keeps its connection open after the finish reason has answered", async () => {
    await using server = await startScriptedServer(
      (response) =>
        void response.writeHead(200, { "content-type": "text/event-stream" }).write(chunk({ content: "yes" }) + chunk({}, "stop")),
    );
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith({ tokenGapTimeoutMs: 100 }))).toEqual({ content: "yes", finishReason: "stop" });
  });

  test("a server that never ends its response after the end mark has answered, and loses the connection", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedServer((response) => {
      response.on("close", closed.resolve);
      response.writeHead(200, { "content-type": "text/event-stream" }).write(whole);
    });
    await using backend = backendAt(server);
    expect((await backend.generate(request, contextWith())).content).toBe("yes");
    await closed.promise;
  });

  test("one connection serves call after call", async () => {
    await using server = await startScriptedServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(whole);
      setImmediate(() => response.end());
    });
    await using backend = backendAt(server);
    for (let i = 0; i < 5; i++) await backend.generate(request, contextWith());
    expect(server.calls).toHaveLength(5);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });
});

test("a server without a list of models is healthy, one that refuses the key is not", async () => {
  await using bare = await startScriptedServer((response) => response.writeHead(404).end());
  await using strict = await startScriptedServer((response) => response.writeHead(401).end());
  await using bareBackend = backendAt(bare);
  await using strictBackend = backendAt(strict);
  expect(await bareBackend.healthCheck(AbortSignal.timeout(5_000))).toMatchObject({ ok: true });
  expect(await strictBackend.healthCheck(AbortSignal.timeout(5_000))).toMatchObject({ ok: false });
});

describe("how it is read", () => {
  test("events in pieces, with other line ends, comments and no empty line at the end", async () => {
    const body = `\u{feff}: waiting\r\n\r\n${whole.replaceAll("yes", "jä").replaceAll("\n", "\r\n").trimEnd()}`;
    const pieces = Array.from(Buffer.from(body), (byte) => Buffer.of(byte));
    // Byte by byte: characters and line ends are cut, too.
    await using server = await startScriptedServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const next = (): void => {
        const bytes = pieces.shift();
        if (bytes) response.write(bytes, next);
        else response.end();
      };
      next();
    });
    await using backend = backendAt(server);
    expect(await backend.generate(request, contextWith())).toMatchObject({
      content: "jä",
      finishReason: "stop",
      usage: { totalTokens: 4 },
    });
  });

  test("what came together with an error was given before it", async () => {
    await using server = await answering(chunk({ content: "One" }) + event({ error: { message: "boom", code: "overloaded" } }) + whole);
    await using backend = backendAt(server);
    const { deltas, error } = await observe(backend.stream(request, contextWith()));
    expect(deltas).toEqual([{ text: "One" }]);
    expect(asFailure(error)).toMatchObject({ kind: "server-error", message: expect.stringContaining("boom") });
  });

  test("what is not JSON shows in no message", async () => {
    await using server = await answering("data: my secret answer\n\n");
    await using backend = backendAt(server);
    const failure = await failureOf(backend.generate(request, contextWith()));
    expect(failure.kind).toBe("server-error");
    expect(failure.message).not.toContain("secret");
  });

  test("a server that moved is followed, and its key goes to no other one", async () => {
    await using other = await answering(whole);
    await using server = await startScriptedServer((response) =>
      response.writeHead(308, { location: `${other.url}/v1/chat/completions` }).end(),
    );
    await using backend = backendAt(server, { apiKey: "sk-mine" });
    expect(await backend.generate(request, contextWith())).toMatchObject({ content: "yes" });
    expect(other.calls[0]?.body).toMatchObject({ stream: true });
    expect(other.calls[0]?.headers.authorization).toBeUndefined();
  });
});
