import { describeBackend } from "../src/testing/conformance.ts";
import { scriptedCustomSetup } from "./support/scripted-custom.ts";
import { simulatedSetup } from "./support/simulated.ts";

const noFilter = "Ollama has no content filter";

describeBackend(
  "ollama",
  simulatedSetup("ollama", (scenario) => (scenario.kind === "answer" && scenario.finishReason === "content_filter" ? noFilter : undefined)),
);
describeBackend("openai", simulatedSetup("openai"));
describeBackend("custom", scriptedCustomSetup);
