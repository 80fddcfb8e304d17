import { type ControlInput, startSimulator } from "@llm-router/simulator";
import { runPart } from "../run-part.ts";

await runPart(async () => {
  const simulator = await startSimulator({ keepCalls: 1_000 });
  return {
    tasks: { url: () => simulator.url, control: (patch: ControlInput) => simulator.control(patch) },
    close: () => simulator.close(),
  };
});
