import type { StreamApi } from "../answer-stream.ts";
import { type Endpoint, toLine, toSummary } from "./answer.ts";
import { errorText } from "./errors.ts";

/** Ollama's stream: a line of JSON for each part, and a last one with the counts. */
export function lineStream(endpoint: Endpoint): StreamApi {
  const line = (model: string, part: Parameters<typeof toLine>[2], more: object) =>
    `${JSON.stringify(toLine(endpoint, model, part, more))}\n`;
  return {
    contentType: "application/x-ndjson",
    open: () => ({
      delta: ({ text = "", reasoning, toolCalls }, model) =>
        text || reasoning || toolCalls?.length ? line(model, { text, reasoning, toolCalls }, { done: false }) : "",
      end: (result) => line(result.modelUsed, { text: "" }, toSummary(result)),
      fail: (error) => `${JSON.stringify({ error: errorText(error) })}\n`,
      // There are no comments in this format; a part without text adds nothing.
      keepAlive: (model) => line(model, { text: "" }, { done: false }),
    }),
  };
}
