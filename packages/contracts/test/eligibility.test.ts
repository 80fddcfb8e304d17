import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Request, type Result, answerEligibility, eligibility, isTimeRelative } from "../src/index.ts";

const cold: Request = { prompt: "What is Python?", temperature: 0.1 };
const eligible = { eligible: true };
const user = (content: string) => ({ role: "user" as const, content });
const no = (reason: string) => ({ eligible: false, reason });
const tool = { type: "function" as const, function: { name: "f" } };

describe("requests", () => {
  test.each<[string, Partial<Request>, unknown]>([
    ["cold", {}, eligible],
    ["at the bound", { temperature: 0.3 }, eligible],
    ["above it", { temperature: 0.31 }, no("temperature")],
    ["NaN", { temperature: Number.NaN }, no("temperature")],
    ["bypassing", { cache: "bypass" }, no("bypass")],
    ["refreshing", { cache: "refresh" }, eligible],
    ["only from the cache", { cache: "only" }, eligible],
    ["with tools", { tools: [tool] }, no("tools")],
    ["with tools that may not be called", { tools: [tool], toolChoice: "none" }, eligible],
    ["with an empty list of tools", { tools: [] }, eligible],
    ["with a temperature among the provider's options", { providerOptions: { temperature: 1 } }, no("temperature")],
    ["with one inside Ollama's options", { providerOptions: { options: { temperature: 1 } } }, no("temperature")],
    ["with a cold one there", { providerOptions: { options: { temperature: 0 } } }, eligible],
    ["with image bytes", { images: ["AAAA"] }, eligible],
  ])("%s", (_, extra, expected) => {
    expect(eligibility({ ...cold, ...extra })).toEqual(expected);
  });

  test("an unset temperature is eligible only when the model's default is 0.3 or less", () => {
    const request: Request = { prompt: "What is Python?" };
    expect(eligibility(request)).toEqual(no("temperature"));
    expect(eligibility(request, { defaultTemperature: 0.3 })).toEqual(eligible);
    expect(eligibility(request, { defaultTemperature: 0.8 })).toEqual(no("temperature"));
    expect(eligibility({ ...request, temperature: 1 }, { defaultTemperature: 0 })).toEqual(no("temperature"));
  });

  test("the temperature alone decides between 0 and 2", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2, noNaN: true }), (temperature) => {
        expect(eligibility({ ...cold, temperature }).eligible).toBe(temperature <= 0.3);
      }),
    );
  });

  test("an image at an address may change, so is not", () => {
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "image_url" as const, image_url: { url: "https://example.org/cam.jpg" } },
    ];
    expect(eligibility({ messages: [{ role: "user", content }], temperature: 0 })).toEqual(no("remote-image"));
  });

  test("what the user said before counts, what the system says does not", () => {
    expect(
      eligibility({
        messages: [user("How is the weather today?"), { role: "assistant", content: "Fine." }, user("And in Paris?")],
        temperature: 0,
      }),
    ).toEqual(no("time-relative"));
    expect(eligibility({ messages: [user("What is Python?")], system: "You are now a teacher.", temperature: 0 })).toEqual(eligible);
  });
});

test.each<[Pick<Result, "content" | "finishReason" | "toolCalls">, unknown]>([
  [{ content: "a", finishReason: "stop" }, eligible],
  [{ content: "a", finishReason: "length" }, no("truncated")],
  [{ content: "a", finishReason: "content_filter" }, no("truncated")],
  [{ content: "a", finishReason: "other" }, no("truncated")],
  [{ content: " ", finishReason: "stop" }, no("empty")],
  [{ content: "a", finishReason: "tool_calls" }, no("tools")],
  [
    { content: "a", finishReason: "stop", toolCalls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
    no("tools"),
  ],
])("the answer %j", (answer, expected) => {
  expect(answerEligibility(answer)).toEqual(expected);
});

describe("wording", () => {
  test.each([
    "What is the weather today?",
    "TODAY'S headlines",
    "What happens now",
    "What is the latest version of Node?",
    "current president of France",
    "Who won yesterday?",
    "flights tomorrow",
    "Events this week",
    "Revenue\nlast  quarter",
    "in the next 5 days",
    "3 hours ago",
    "recent papers on RAG",
    "What time is it in Tokyo?",
    "exchange rates for the euro",
    "Who is currently leading?",
    "Is it up-to-date?",
    "Wie ist das Wetter heute?",
    "Was läuft nächste Woche?",
    "der aktuelle Kanzler",
    "Quel temps fait-il aujourd’hui ?",
    "le dernier film de Nolan",
    "¿Qué pasó ayer?",
    "el presidente actual",
    "¿Qué tiempo hará mañana?",
    "Che tempo fa oggi?",
    "notícias de hoje",
    "Wat is het nieuws van vandaag?",
    "Какая погода сегодня?",
    "последняя версия",
    "bugün hava nasıl",
    "今天天气怎么样",
    "最新のニュース",
    "오늘 날씨",
    "ما هو الطقس اليوم",
    "आज का मौसम",
  ])("%s: depends on when it is asked", (prompt) => {
    expect(isTimeRelative(prompt)).toBe(true);
    expect(eligibility({ prompt, temperature: 0 })).toEqual(no("time-relative"));
  });

  test.each([
    "What is Python?",
    "How do I sort a list in Python?",
    "the last element of an array",
    "I know nothing of snow",
    "Explain the currency of Japan",
    "Who was the first president of the USA?",
    "the next permutation",
    "Write a haiku about dawn",
    "father and son",
    "an actual example",
    "Was ist ein Vektor?",
    "Qu'est-ce qu'un vecteur ?",
    "什么是向量",
    "Was war 1989 in Berlin?",
    "a todaylike word, knowable, nowhere",
    "What is 12 * 7?",
  ])("%s: does not", (prompt) => {
    expect(isTimeRelative(prompt)).toBe(false);
  });

  test("a long text is read at both ends", () => {
    const long = "x ".repeat(40_000);
    for (const prompt of [`What is new today? ${long}`, `${long} What is new today?`]) expect(isTimeRelative(prompt)).toBe(true);
    expect(isTimeRelative(long)).toBe(false);
  });
});
