// The Vercel AI SDK and LangChain.js against gateway, real Redis, worker and simulator.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOllama } from "@langchain/ollama";
import { ChatOpenAI } from "@langchain/openai";
import { APICallError, generateText, jsonSchema, streamText, tool } from "ai";
import { describe, expect } from "vitest";
import { rejection, type Stack, stackTest } from "./support/stack.ts";

const weatherSchema = { type: "object", properties: { city: { type: "string" } } } as const;

/** When the call with this marker has ended, how. */
async function endOf({ simulator }: Stack, wanted: string) {
  return (await simulator.waitForCall(({ marker, outcome }) => marker === wanted && outcome !== null)).outcome;
}

const providerOf = ({ gateway }: Stack) =>
  createOpenAICompatible({ name: "router", baseURL: `${gateway.url}/v1`, includeUsage: true, supportsStructuredOutputs: true });

describe("Vercel AI SDK", () => {
  stackTest("plain, with usage", async ({ stack }) => {
    const { text, usage, finishReason } = await generateText({ model: providerOf(stack)("fast"), prompt: "hi [[v1]]" });
    expect(text).toMatch(/^\[\[v1\]\] /);
    expect(usage.outputTokens).toBe(8);
    expect(finishReason).toBe("stop");
  });

  stackTest("streamed", async ({ stack }) => {
    const stream = streamText({ model: providerOf(stack)("fast"), prompt: "hi [[v2]]" });
    const parts = await Array.fromAsync(stream.textStream);
    expect(parts).toHaveLength(8);
    expect((await stream.usage).outputTokens).toBe(8);
  });

  stackTest("tools", async ({ stack }) => {
    const weather = tool({ inputSchema: jsonSchema<{ city: string }>(weatherSchema), execute: ({ city }) => `rain in ${city}` });
    const { toolCalls, toolResults } = await generateText({ model: providerOf(stack)("tools"), prompt: "weather?", tools: { weather } });
    expect(toolCalls[0]).toMatchObject({ toolName: "weather", input: { city: "Oslo" } });
    expect(toolResults[0]).toMatchObject({ output: "rain in Oslo" });
  });

  stackTest("abort", async ({ stack }) => {
    const controller = new AbortController();
    const answer = rejection(
      generateText({ model: providerOf(stack)("hangs"), prompt: "[[v3]]", abortSignal: controller.signal, maxRetries: 0 }),
    );
    await stack.simulator.waitForCall(({ marker }) => marker === "v3");
    controller.abort();
    expect((await answer).name).toBe("AbortError");
    expect(await endOf(stack, "v3")).toBe("aborted");
  });

  stackTest("errors", async ({ stack }) => {
    const error = await rejection(generateText({ model: providerOf(stack)("nope"), prompt: "x", maxRetries: 0 }));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, isRetryable: false, message: "No such model: nope." });
    const stream = streamText({ model: providerOf(stack)("cut"), prompt: "x", maxRetries: 0, onError: () => undefined });
    const types = (await Array.fromAsync(stream.stream)).map(({ type }) => type);
    expect(types).toContain("text-delta");
    expect(types).toContain("error");
  });
});

describe.each([
  {
    name: "LangChain.js, OpenAI",
    open: ({ gateway }: Stack, model: string) =>
      new ChatOpenAI({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: `${gateway.url}/v1` } }),
  },
  {
    name: "LangChain.js, Ollama",
    open: ({ gateway }: Stack, model: string) => new ChatOllama({ model, baseUrl: gateway.url, maxRetries: 0 }),
  },
])("$name", ({ name, open }) => {
  const mark = name.includes("OpenAI") ? "p" : "q";

  stackTest("plain and streamed", async ({ stack }) => {
    const model = open(stack, "fast");
    expect((await model.invoke(`hi [[${mark}1]]`)).text).toMatch(new RegExp(`^\\[\\[${mark}1\\]\\] `));
    const chunks = await Array.fromAsync(await model.stream([new HumanMessage(`hi [[${mark}2]]`)]));
    expect(chunks.filter(({ text }) => text !== "")).toHaveLength(8);
  });

  stackTest("tools", async ({ stack }) => {
    const bound = open(stack, "tools").bindTools([{ name: "weather", description: "Says the weather", schema: weatherSchema }]);
    expect((await bound.invoke("weather?")).tool_calls).toMatchObject([{ name: "weather", args: { city: "Oslo" } }]);
  });

  stackTest("abort", async ({ stack }) => {
    const controller = new AbortController();
    // The one for Ollama then gives what it has instead of an error.
    const answer = open(stack, "slow")
      .invoke(`[[${mark}3]]`, { signal: controller.signal })
      .catch(() => undefined);
    await stack.simulator.waitForCall(({ marker, startedAt }) => marker === `${mark}3` && startedAt !== null);
    controller.abort();
    await answer;
    expect(await endOf(stack, `${mark}3`)).toBe("aborted");
  });

  stackTest("errors", async ({ stack }) => {
    const error = await rejection(open(stack, "nope").invoke("x"));
    expect(error.message).toContain("No such model: nope.");
  });
});
