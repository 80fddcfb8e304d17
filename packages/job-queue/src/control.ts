import type { Redis } from "ioredis";
import { z } from "zod";
import { breakerState } from "@llm-router/contracts";
import { whenReady } from "./redis.ts";
import type { Keys } from "@llm-router/contracts";

const controlMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("breaker"), model: z.string(), state: breakerState, epoch: z.number(), at: z.number() }),
  z.object({ type: z.literal("abort"), id: z.string(), epoch: z.number(), model: z.string(), reason: z.enum(["cancelled", "expired"]) }),
  z.object({ type: z.literal("config"), field: z.string() }),
]);
export type ControlMessage = z.output<typeof controlMessage>;

/** News between processes. A message may be lost; every reader also looks at the truth in Redis. */
export async function subscribeControl(subscriber: Redis, keys: Keys, onMessage: (message: ControlMessage) => void): Promise<void> {
  await whenReady(subscriber, 10_000);
  subscriber.on("message", (channel: string, text: string) => {
    if (channel !== keys.control) return;
    const message = controlMessage.safeParse(parseJson(text));
    if (message.success) onMessage(message.data);
  });
  await subscriber.subscribe(keys.control);
}

/** Anyone with the password can publish: what is no JSON is no message, and must not end the process. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
