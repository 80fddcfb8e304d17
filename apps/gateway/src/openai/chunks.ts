import type { ToolCall } from "@llm-router/contracts";
import type { StreamApi, StreamFormat } from "../answer-stream.ts";
import { completionId, createdAt, finishReasonOf, usageOf } from "./answer.ts";
import { errorBody } from "./errors.ts";

/** OpenAI's stream: a chunk with the role, one for each part, one with the finish reason, usage when asked for, `[DONE]`. */
export function chunkStream(includeUsage: boolean): StreamApi {
  return { contentType: "text/event-stream; charset=utf-8", open: ({ id }) => openStream(id, includeUsage) };
}

function openStream(id: string, includeUsage: boolean): StreamFormat {
  const start = `{"id":${JSON.stringify(completionId(id))},"object":"chat.completion.chunk","created":${createdAt(id)},"model":`;
  // OpenAI says null in every chunk but the last when usage was asked for.
  const end = includeUsage ? ',"usage":null}\n\n' : "}\n\n";
  let began = false;
  let finished = false;
  let calls = 0;

  // Written by hand: most of a chunk never changes, and there is one for each token.
  const chunk = (model: string, delta: string, reason: string) =>
    `data: ${start}${JSON.stringify(model)},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}]${end}`;
  const role = (model: string): string => {
    if (began) return "";
    began = true;
    return chunk(model, '{"role":"assistant","content":""}', "null");
  };
  const finish = (model: string, reason: Parameters<typeof finishReasonOf>[0]): string => {
    finished = true;
    return chunk(model, "{}", JSON.stringify(finishReasonOf(reason)));
  };

  return {
    delta({ text, reasoning, toolCalls, finishReason }, model) {
      let written = role(model);
      if (reasoning) written += chunk(model, `{"reasoning_content":${JSON.stringify(reasoning)}}`, "null");
      if (text) written += chunk(model, `{"content":${JSON.stringify(text)}}`, "null");
      for (const call of toolCalls ?? []) written += chunk(model, JSON.stringify({ tool_calls: [toPiece(call, calls++)] }), "null");
      if (finishReason !== undefined) written += finish(model, finishReason);
      return written;
    },
    end({ modelUsed, finishReason, usage }) {
      let written = role(modelUsed);
      if (!finished) written += finish(modelUsed, finishReason);
      if (includeUsage) written += `data: ${start}${JSON.stringify(modelUsed)},"choices":[],"usage":${JSON.stringify(usageOf(usage))}}\n\n`;
      return `${written}data: [DONE]\n\n`;
    },
    fail: (error) => `data: ${JSON.stringify(errorBody(error))}\n\n`,
    // A comment: clients leave it out.
    keepAlive: () => ": still here\n\n",
  };
}

/** Calls come whole, and so leave as one piece. */
function toPiece(call: ToolCall, index: number): object {
  return { index, ...call };
}
