import { test } from "vitest";
import { createOllamaBackend } from "../src/index.ts";
import { type BackendSetup, describeBackend, type Scenario } from "../src/testing/conformance.ts";
import { startScriptedServer } from "./support/scripted-server.ts";

/** An address at which nobody listens any more. */
async function nobody(): Promise<string> {
  await using server = await startScriptedServer(() => undefined);
  return server.url;
}

/** `http://host:port,model`: runs what a real server plays without being told to; it answers in words of its own. */
const target = process.env["LLMR_TEST_OLLAMA"];

function realOllama(baseUrl: string, pulledModel: string): BackendSetup {
  return async (scenario) => {
    if (!canPlay(scenario)) return { skip: `a real Ollama cannot be told to play this "${scenario.kind}"` };
    const model = scenario.kind === "status" ? "a-model-that-is-not-there" : pulledModel;
    const backend = createOllamaBackend({
      name: "real",
      provider: "ollama",
      model,
      baseUrl: scenario.kind === "refuse" ? await nobody() : baseUrl,
      options: { num_thread: 1 },
    });
    return {
      backend,
      model,
      ownWords: true,
      callBegan: async () => undefined,
      callerLeft: async () => undefined, // a real server does not tell
      [Symbol.asyncDispose]: async () => backend.close(),
    };
  };
}

function canPlay(scenario: Scenario): boolean {
  switch (scenario.kind) {
    case "answer":
      return scenario.reasoning === undefined && scenario.finishReason === undefined && scenario.latencyMs === undefined;
    case "status":
      return scenario.status === 404;
    default:
      return scenario.kind === "endless" || scenario.kind === "refuse";
  }
}

function describeReal(hostAndModel: string): void {
  const comma = hostAndModel.indexOf(",");
  if (comma <= 0) throw new Error(`LLMR_TEST_OLLAMA: "${hostAndModel}" is not http://host:port,model`);
  describeBackend("real ollama", realOllama(hostAndModel.slice(0, comma), hostAndModel.slice(comma + 1)));
}

function sayWhySkipped(): void {
  // oxlint-disable-next-line vitest/expect-expect -- it only says why nothing runs
  test("a real Ollama passes the suite", (context) => context.skip("LLMR_TEST_OLLAMA is not set (http://host:port,model)"));
}

if (target) describeReal(target);
else sayWhySkipped();
