import { Ollama } from "ollama";
import OpenAI from "openai";
import type { Simulator } from "../src/index.ts";

export function ollamaOf(simulator: Simulator): Ollama {
  return new Ollama({ host: simulator.url });
}

export function openaiOf(simulator: Simulator, { apiKey = "none", path = "/v1" }: { apiKey?: string; path?: string } = {}): OpenAI {
  return new OpenAI({ baseURL: `${simulator.url}${path}`, apiKey, maxRetries: 0 });
}

export function user(content: string): [{ role: "user"; content: string }] {
  return [{ role: "user", content }];
}

export const weatherTool = {
  type: "function" as const,
  function: { name: "weather", description: "Says the weather", parameters: { type: "object", properties: {} } },
};

/** What a promise is rejected with; fails when it is not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("was not rejected");
}

/** The items of a stream up to its end or its error. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<{ items: T[]; error: Error | undefined }> {
  const items: T[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return { items, error: error as Error };
  }
  return { items, error: undefined };
}
