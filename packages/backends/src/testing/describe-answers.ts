import type { Tool } from "@llm-router/contracts";
import { describe, expect, test } from "vitest";
import { contextWith, observe, play, requestFor, streamOf, textOf, tokens, wholeText } from "./harness.ts";
import type { BackendSetup } from "./scenario.ts";

const weatherTool: Tool = {
  type: "function",
  function: {
    name: "weather",
    description: "The weather of a place",
    parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
  },
};

export function describeAnswers(setup: BackendSetup): void {
  describe("answers", () => {
    test("a prompt is answered whole, with finish reason and usage", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      const answer = await subject.backend.generate(requestFor(subject), contextWith());
      expect(answer.content).toEqual(wholeText(subject));
      expect(answer.finishReason).toMatch(subject.ownWords ? /^(stop|length)$/ : /^stop$/);
      expect(answer.usage?.completionTokens).toBeGreaterThan(0);
      expect(answer.usage?.promptTokens).toBeGreaterThan(0);
      expect(answer.usage?.totalTokens).toBe((answer.usage?.promptTokens ?? 0) + (answer.usage?.completionTokens ?? 0));
    });

    test("messages are answered like a prompt", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      const { prompt: _, ...request } = requestFor(subject, {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Count." },
        ],
      });
      expect((await subject.backend.generate(request, contextWith())).content).toEqual(wholeText(subject));
    });

    test("each chunk of the provider is one delta, and only the last one has the finish reason and the usage", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      const { deltas, error } = await observe(streamOf(subject));
      expect(error).toBeUndefined();
      const texts = deltas.flatMap((delta) => (delta.text === undefined ? [] : [delta.text]));
      expect(texts.length).toBeGreaterThan(1);
      expect(texts).toEqual(subject.ownWords ? texts : tokens);
      expect(deltas.filter((delta) => delta.finishReason !== undefined || delta.usage !== undefined)).toEqual([deltas.at(-1)]);
      expect(deltas.at(-1)).toMatchObject({ finishReason: expect.any(String), usage: { completionTokens: expect.any(Number) } });
    });

    test.for(["length", "content_filter"] as const)("the finish reason %s is passed on, as an answer", async (finishReason, context) => {
      await using subject = await play(setup, { kind: "answer", tokens, finishReason }, context);
      const answer = await subject.backend.generate(requestFor(subject), contextWith());
      expect(answer).toMatchObject({ content: wholeText(subject), finishReason });
    });

    test("reasoning is kept apart from the answer", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens, reasoning: "Let me think." }, context);
      const answer = await subject.backend.generate(requestFor(subject, { providerOptions: { think: true } }), contextWith());
      expect(answer).toMatchObject({ content: tokens.join(""), reasoning: "Let me think." });
    });

    test("calls of tools arrive whole, with ids and arguments as JSON text", async (context) => {
      const calls = [
        { name: "weather", arguments: { place: "Oslo" } },
        { name: "weather", arguments: { place: "Rome", days: 2 } },
      ];
      await using subject = await play(setup, { kind: "tools", calls }, context);
      const request = requestFor(subject, { tools: [weatherTool] });
      const { deltas, error } = await observe(streamOf(subject, contextWith(), request));
      expect(error).toBeUndefined();
      const seen = deltas.flatMap((delta) => delta.toolCalls ?? []);
      expect(seen.map((call) => ({ name: call.function.name, arguments: JSON.parse(call.function.arguments) }))).toEqual(calls);
      expect(new Set(seen.map((call) => call.id)).size).toBe(2);
      expect(seen.every((call) => call.id !== "" && call.type === "function")).toBe(true);
      expect(deltas.at(-1)?.finishReason).toBe("tool_calls");
      expect(textOf(deltas)).toBe("");
    });

    test("calls at the same time do not mix", async (context) => {
      await using subject = await play(setup, { kind: "answer", tokens }, context);
      const answers = await Promise.all(Array.from({ length: 8 }, () => subject.backend.generate(requestFor(subject), contextWith())));
      expect(answers.map((answer) => answer.content)).toEqual(answers.map(() => wholeText(subject)));
    });
  });
}
