import type { Answer, AnswerWriter } from "./api.ts";
import type { Piece } from "./generate-text.ts";

interface OpenaiWriterOptions {
  id: string;
  model: string;
  /** `stream_options.include_usage`. */
  includeUsage: boolean;
}

/** OpenAI's answers: server-sent events that end with `[DONE]`, or one object. */
export function openaiWriter({ id, model, includeUsage }: OpenaiWriterOptions): AnswerWriter {
  const created = Math.floor(Date.now() / 1000);
  const common = `"created":${created},"model":${JSON.stringify(model)},"system_fingerprint":"fp_simulator"`;
  const usageField = includeUsage ? `,"usage":null` : "";
  const chunk = (delta: string, finish = "null") =>
    `data: {"id":"${id}","object":"chat.completion.chunk",${common},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]${usageField}}\n\n`;
  return {
    begin: () => chunk(`{"role":"assistant","content":""}`),
    piece: (piece) => {
      if (piece.kind === "text") return chunk(`{"content":${JSON.stringify(piece.text)}}`);
      if (piece.kind === "reasoning") return chunk(`{"reasoning":${JSON.stringify(piece.text)}}`);
      return toolDeltas(piece)
        .map((delta) => chunk(JSON.stringify({ tool_calls: [delta] })))
        .join("");
    },
    end: (answer) => {
      const usage = `data: {"id":"${id}","object":"chat.completion.chunk",${common},"choices":[],"usage":${usageOf(answer)}}\n\n`;
      return `${chunk("{}", JSON.stringify(answer.finish))}${includeUsage ? usage : ""}data: [DONE]\n\n`;
    },
    fail: (message) => `data: ${JSON.stringify({ error: { message, type: "server_error", param: null, code: null } })}\n\n`,
    whole: (answer) => {
      const choice = `{"index":0,"message":${messageOf(answer.pieces)},"logprobs":null,"finish_reason":${JSON.stringify(answer.finish ?? null)}}`;
      return `{"id":"${id}","object":"chat.completion",${common},"choices":[${choice}],"usage":${usageOf(answer)}}`;
    },
  };
}

/** A call's head, then its arguments in two parts, as a model writes them. */
function toolDeltas(piece: Extract<Piece, { kind: "tool" }>): object[] {
  const text = JSON.stringify(piece.arguments);
  const half = Math.ceil(text.length / 2);
  const head = { index: piece.index, id: piece.id, type: "function", function: { name: piece.name, arguments: "" } };
  return [head, ...[text.slice(0, half), text.slice(half)].map((part) => ({ index: piece.index, function: { arguments: part } }))];
}

function messageOf(pieces: readonly Piece[]): string {
  let content = "";
  let reasoning = "";
  const calls = [];
  for (const piece of pieces) {
    if (piece.kind === "text") content += piece.text;
    else if (piece.kind === "reasoning") reasoning += piece.text;
    else calls.push({ id: piece.id, type: "function", function: { name: piece.name, arguments: JSON.stringify(piece.arguments) } });
  }
  return JSON.stringify({
    role: "assistant",
    content: calls.length > 0 && content === "" ? null : content,
    refusal: null,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  });
}

/** An answer without its end carries no counts. */
function usageOf(answer: Answer): string {
  const prompt = answer.finish === undefined ? 0 : answer.promptTokens;
  const completion = answer.finish === undefined ? 0 : answer.pieces.length;
  return `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion}}`;
}
