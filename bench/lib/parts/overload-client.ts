import { connectClient } from "@llm-router/client";
import { saturate, type Window } from "../load.ts";
import { offer, type OpenLoad } from "../open-loop.ts";
import { runPart } from "../run-part.ts";
import { namespace, promptOf, type Setup } from "../setup.ts";

/** Long enough for what is accepted last to be answered, ms. */
const timeoutMs = 60_000;

await runPart(async ({ port, promptBytes }: Setup) => {
  const client = await connectClient({ redis: `redis://127.0.0.1:${port}`, namespace });
  const prompt = promptOf(promptBytes);
  const call = (priority: string) => client.generate({ prompt, priority, timeoutMs });
  return {
    tasks: {
      saturate: (window: Window) => saturate(async () => void (await call("NORMAL")), window),
      offer: (load: OpenLoad) => offer(call, load),
    },
    close: () => client.close(),
  };
});
