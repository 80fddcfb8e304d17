import { connectClient } from "@llm-router/client";
import { oneByOne, place, saturate, type Window } from "../load.ts";
import { runPart } from "../run-part.ts";
import { namespace, promptOf, type Setup } from "../setup.ts";

await runPart(async ({ port, promptBytes }: Setup) => {
  const client = await connectClient({ redis: `redis://127.0.0.1:${port}`, namespace });
  const prompt = promptOf(promptBytes);
  const call = async () => {
    const { success } = await client.generate({ prompt });
    if (!success) throw new Error("no answer");
  };
  return {
    tasks: {
      place: ({ count, inFlight }: { count: number; inFlight: number }) => place(call, count, inFlight),
      oneByOne: (count: number) => oneByOne(call, count),
      saturate: (window: Window) => saturate(call, window),
    },
    close: () => client.close(),
  };
});
