// OpenAI's own client against gateway, real Redis, worker and simulator.
import OpenAI, { APIError, APIUserAbortError, BadRequestError, InternalServerError, NotFoundError } from "openai";
import { expect } from "vitest";
import { rejection, type Stack, stackTest } from "./support/stack.ts";

const clientOf = ({ gateway }: Stack): OpenAI => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
const say = (content: string) => [{ role: "user" as const, content }];
const weather = { type: "function" as const, function: { name: "weather", parameters: { type: "object", properties: {} } } };

stackTest("a chat completion, with what the router did in its headers", async ({ stack }) => {
  const { data, response, request_id } = await clientOf(stack)
    .chat.completions.create({ model: "fast", messages: say("one [[a1]]"), temperature: 0, stop: ["zzz"], presence_penalty: 0.1 })
    .withResponse();
  expect(data.choices[0]?.message.content).toMatch(/^\[\[a1\]\] /);
  expect(data.usage?.total_tokens).toBeGreaterThan(0);
  expect(data.id).toBe(`chatcmpl-${request_id}`);
  expect(response.headers.get("x-llmr-model")).toBe("fast");
  expect(response.headers.get("x-llmr-cache")).toBe("miss");
  expect(response.headers.get("x-llmr-attempts")).toBe("1");
  expect(response.headers.get("x-llmr-queue-ms")).toMatch(/^\d+$/);
});

stackTest("auto goes where the route of the class goes; x-priority wins over metadata, and that over the suffix", async ({ stack }) => {
  const client = clientOf(stack);
  const ask = async (model: string, metadata?: Record<string, string>, headers?: Record<string, string>) => {
    const answer = await client.chat.completions.create(
      { model, messages: say("route"), ...(metadata && { metadata }) },
      ...(headers ? [{ headers }] : []),
    );
    return answer.model;
  };
  expect(await ask("auto")).toBe("fast");
  expect(await ask("auto:high")).toBe("llama");
  expect(await ask("auto:high", { priority: "normal" })).toBe("fast");
  expect(await ask("auto:high", { priority: "normal" }, { "x-priority": "1200" })).toBe("llama");
});

stackTest("a stream: one chunk for each token, as they come, and usage when asked for", async ({ stack }) => {
  const client = clientOf(stack);
  const stream = await client.chat.completions.create({
    model: "slow",
    messages: say("stream [[s1]]"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const arrivals: number[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    arrivals.push(performance.now());
  }
  const texts = chunks.flatMap(({ choices: [choice] }) => (choice?.delta.content ? [choice.delta.content] : []));
  expect(texts).toHaveLength(20);
  expect(texts.join("")).toMatch(/^\[\[s1\]\] /);
  expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(20);
  // The model takes 500 ms for it. Had the gateway kept it to the end, all would have come at once.
  expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(150);
});

stackTest("an answer from the cache says so, also as a stream", async ({ stack }) => {
  const client = clientOf(stack);
  const body = { model: "fast", messages: say("again [[c1]]"), temperature: 0 };
  const first = await client.chat.completions.create(body).withResponse();
  const second = await client.chat.completions.create(body).withResponse();
  expect([first, second].map(({ response }) => response.headers.get("x-llmr-cache"))).toEqual(["miss", "exact"]);
  expect(second.response.headers.get("x-llmr-attempts")).toBe("0");
  const bypassed = await client.chat.completions.create(body, { headers: { "x-cache": "bypass" } }).withResponse();
  expect(bypassed.response.headers.get("x-llmr-cache")).toBe("miss");
  const skips = [second, bypassed].map(({ response }) => response.headers.get("x-llmr-cache-skip"));
  expect(skips).toEqual([null, "bypass"]);
  const warm = await client.chat.completions.create({ ...body, temperature: 1, stream: true }).withResponse();
  expect(warm.response.headers.get("x-llmr-cache-skip")).toBe("temperature");
  await Array.fromAsync(warm.data);
  const { data, response } = await client.chat.completions.create({ ...body, stream: true }).withResponse();
  const chunks = await Array.fromAsync(data);
  expect(response.headers.get("x-llmr-cache")).toBe("exact");
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(first.data.choices[0]?.message.content);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
});

stackTest("tools: called, plain and streamed, and their results handed back", async ({ stack }) => {
  const client = clientOf(stack);
  const { choices } = await client.chat.completions.create({ model: "tools", messages: say("weather?"), tools: [weather] });
  const [call] = choices[0]?.message.tool_calls ?? [];
  expect(choices[0]?.finish_reason).toBe("tool_calls");
  expect(call).toMatchObject({ type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } });
  const runner = client.chat.completions.stream({ model: "tools", messages: say("weather?"), tools: [weather] });
  const streamed = await runner.finalChatCompletion();
  expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather", arguments: '{"city":"Oslo"}' } });
  // The whole message goes back as it came, with the fields that only answers have.
  const { choices: last } = await client.chat.completions.create({
    model: "fast",
    messages: [
      ...say("weather?"),
      choices[0]?.message ?? { role: "assistant" },
      { role: "tool", tool_call_id: call?.id ?? "", content: "rain" },
    ],
  });
  expect(last[0]?.message.content).not.toBe("");
});

stackTest("an aborted call, and a stream that is left, are cancelled at the model", async ({ stack }) => {
  const client = clientOf(stack);
  const controller = new AbortController();
  const plain = rejection(client.chat.completions.create({ model: "hangs", messages: say("abort [[x1]]") }, { signal: controller.signal }));
  await stack.simulator.waitForCall(({ marker }) => marker === "x1");
  controller.abort();
  expect(await plain).toBeInstanceOf(APIUserAbortError);
  const aborted = await stack.simulator.waitForCall(({ marker, outcome }) => marker === "x1" && outcome !== null);
  expect(aborted.outcome).toBe("aborted");
  const stream = await client.chat.completions.create({ model: "slow", messages: say("leave [[x2]]"), stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  const left = await stack.simulator.waitForCall(({ marker, outcome }) => marker === "x2" && outcome !== null);
  expect(left.outcome).toBe("aborted");
});

stackTest("a request with an idempotency key runs on when its caller goes away, and the key finds it again", async ({ stack }) => {
  const client = clientOf(stack);
  const body = { model: "slow", messages: say("go on [[k1]]") };
  const options = { headers: { "idempotency-key": "k1" } };
  const controller = new AbortController();
  const first = rejection(client.chat.completions.create(body, { ...options, signal: controller.signal }));
  await stack.simulator.waitForCall(({ marker, startedAt }) => marker === "k1" && startedAt !== null);
  controller.abort();
  await first;
  const answer = await client.chat.completions.create(body, options);
  expect(answer.choices[0]?.message.content).toMatch(/^\[\[k1\]\]/);
  expect(stack.simulator.calls().filter(({ marker }) => marker === "k1")).toHaveLength(1);
});

stackTest("errors have OpenAI's classes, say the field, and name every model that was tried", async ({ stack }) => {
  const client = clientOf(stack);
  const ask = (body: object) => rejection(client.chat.completions.create({ model: "fast", messages: say("x"), ...body } as never));
  const missing = await ask({ model: "fats" });
  expect(missing).toBeInstanceOf(NotFoundError);
  expect(missing).toMatchObject({ code: "model_not_found", param: "model" });
  expect(missing.message).toContain("did you mean fast?");
  expect(await ask({ model: "Qwen/Qwen2.5:3b" })).toMatchObject({
    status: 404,
    message: expect.stringContaining("qwen-qwen2.5-3b") as string,
  });
  const wrong: [body: object, param: string][] = [
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text"],
    [{ messages: [] }, "messages"],
    [{ temperature: "hot" }, "temperature"],
    [{ n: 2 }, "n"],
    [{ logprobs: true }, "logprobs"],
    [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [{ metadata: { timeoutMs: "soon" } }, "metadata.timeoutMs"],
  ];
  for (const [body, param] of wrong) {
    const error = await ask(body);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param, status: 400 });
    expect(error.message).toContain(param);
  }
  expect(await ask({ model: "wrong" })).toMatchObject({ status: 400, code: "provider_rejected" });
  const down = await ask({ model: "down" });
  expect(down).toBeInstanceOf(InternalServerError);
  expect(down).toMatchObject({ status: 502, error: { router: { attempts: [{ model: "down" }] } } });
});

stackTest("an answer that breaks in mid-stream ends with an error, not as if it were whole", async ({ stack }) => {
  const stream = await clientOf(stack).chat.completions.create({ model: "cut", messages: say("cut"), stream: true });
  let text = "";
  const error = await rejection(
    (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    })(),
  );
  expect(text).not.toBe("");
  expect(error).toBeInstanceOf(APIError);
  expect(error.message).toMatch(/broke|cut/i);
});

stackTest("models are listed and looked up", async ({ stack }) => {
  const client = clientOf(stack);
  const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["fast", "llama", "auto"]));
  expect(await client.models.retrieve("fast")).toMatchObject({ id: "fast", owned_by: "openai" });
  expect(await rejection(client.models.retrieve("nope"))).toBeInstanceOf(NotFoundError);
});
