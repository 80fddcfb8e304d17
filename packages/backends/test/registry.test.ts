import { type BackendModel, RouterError } from "@llm-router/contracts";
import { expect, test } from "vitest";
import { createBackendRegistry } from "../src/index.ts";
import { contextWith } from "../src/testing/harness.ts";

const model = (provider: string): BackendModel => ({ name: "fast", provider, model: "m", baseUrl: "http://127.0.0.1:9" });

function refusal(act: () => unknown): RouterError {
  try {
    act();
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("ollama and openai are built in, and one's own stand beside them", async () => {
  const registry = createBackendRegistry();
  registry.register("mine", (of) => ({ generate: async () => ({ content: `from ${of.model}` }) }));
  expect(registry.names()).toEqual(["ollama", "openai", "mine"]);
  await registry.create(model("ollama")).close();
  await registry.create(model("openai")).close();
  const answer = await registry.create(model("mine")).generate({ model: "m", messages: [] }, contextWith());
  expect(answer.content).toBe("from m");
});

test("an unknown provider names the nearest known one", () => {
  const failure = refusal(() => createBackendRegistry().create(model("olama")));
  expect(failure.code).toBe("CONFIG_INVALID");
  expect(failure.message).toContain('models.fast.provider: "olama" is not known. Did you mean "ollama"?');
});

test("a provider that resembles none names all", () => {
  expect(refusal(() => createBackendRegistry().create(model("bedrock-runtime"))).message).toMatch(/not known\. Known: ollama, openai/);
});

test("a built-in provider cannot be registered again, one's own can", () => {
  const registry = createBackendRegistry();
  expect(refusal(() => registry.register("ollama", () => ({ generate: async () => ({ content: "" }) }))).code).toBe("CONFIG_INVALID");
  registry.register("mine", () => ({ generate: async () => ({ content: "1" }) }));
  registry.register("mine", () => ({ generate: async () => ({ content: "2" }) }));
  expect(registry.names()).toEqual(["ollama", "openai", "mine"]);
});

test("a factory that fails, or makes no backend, is said with the model's path", () => {
  const registry = createBackendRegistry();
  registry.register("broken", () => {
    throw new Error("no licence");
  });
  registry.register("empty", () => ({}) as never);
  registry.register("null", () => null as never);
  expect(refusal(() => registry.create(model("broken"))).message).toMatch(/models\.fast\.provider.*no licence/);
  expect(refusal(() => registry.create(model("empty"))).message).toMatch(/models\.fast.*generate/);
  expect(refusal(() => registry.create(model("null"))).message).toMatch(/models\.fast.*generate/);
});
