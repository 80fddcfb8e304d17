// Every kind of answer of the OpenAI and Ollama routes has exactly the shape that their clients expect.
import { describe, expect } from "vitest";
import { exchange, ollamaExchanges, openaiExchanges } from "./support/exchanges.ts";
import { stackTest } from "./support/stack.ts";

describe.each([...openaiExchanges, ...ollamaExchanges])("$name", (each) => {
  stackTest("has its shape", async ({ stack }) => {
    const parts = await exchange(stack.gateway.url, each);
    const last = parts.at(-1);
    each.shape.parse(last);
    if (!each.partShape) expect(parts).toHaveLength(1);
    else {
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts.slice(0, -1)) each.partShape.parse(part);
    }
  });
});
