import { startSimulator } from "@llm-router/simulator";
import { expect, test } from "vitest";
import { findRealModels } from "../real-models.ts";

test("an Ollama within reach is used with its first model that can chat, ten calls a minute at most", async () => {
  await using server = await startSimulator({ models: ["nomic-embed-text", "qwen2.5:0.5b"] });
  const found = await findRealModels({ OLLAMA_HOST: server.url }, false);
  expect(found).toMatchObject([{ name: "ollama-local", definition: { model: "qwen2.5:0.5b", baseUrl: server.url, rpm: 10 } }]);
  expect(server.calls()).toEqual([]);
});

test("without an Ollama, or with an empty one, nothing is real; OpenAI is only with --real", async () => {
  await using empty = await startSimulator({ models: [] });
  expect(await findRealModels({ OLLAMA_HOST: empty.url, OPENAI_API_KEY: "k" }, false)).toEqual([]);
  await empty.close();
  expect(await findRealModels({ OLLAMA_HOST: empty.url }, false)).toEqual([]);
  expect(await findRealModels({ OLLAMA_HOST: empty.url }, true)).toMatchObject([
    { name: "openai", definition: { apiKey: "${OPENAI_API_KEY}" } },
  ]);
});
