import { expect, test } from "vitest";
import { type Request, semanticPrompt } from "../src/index.ts";

const text = (words: string) => ({ type: "text" as const, text: words });
const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } };

test.each<[string, Request, string | undefined]>([
  ["a prompt", { prompt: " What is\r\nPython? " }, "What is\nPython?"],
  [
    "the last question of a chat",
    {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
    },
    "Hello",
  ],
  ["one part", { messages: [{ role: "user", content: [text("Hello")] }] }, "Hello"],
  ["two parts", { messages: [{ role: "user", content: [text("Hello"), text("there")] }] }, undefined],
  ["an image beside the text", { messages: [{ role: "user", content: [text("What is it?"), image] }] }, undefined],
  ["an image of the prompt", { prompt: "What is it?", images: ["AAAA"] }, undefined],
  [
    "an image in the history",
    {
      messages: [
        { role: "user", content: [image] },
        { role: "user", content: "What is it?" },
      ],
    },
    undefined,
  ],
  ["white space", { prompt: " \n " }, undefined],
  ["no question", { messages: [{ role: "system", content: "Be brief." }] }, undefined],
])("%s", (_name, request, prompt) => {
  expect(semanticPrompt(request)).toBe(prompt);
});
