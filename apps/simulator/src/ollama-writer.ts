import type { Answer, AnswerWriter } from "./api.ts";
import type { Piece } from "./generate-text.ts";

interface OllamaWriterOptions {
  kind: "generate" | "chat";
  model: string;
  /** A raw prompt's answer carries no `context`. */
  raw: boolean;
}

/** Ollama's answers: one JSON object a line; the last one has `done: true` and the durations in ns. */
export function ollamaWriter({ kind, model, raw }: OllamaWriterOptions): AnswerWriter & { load(unload: boolean): string } {
  const name = JSON.stringify(model);
  const head = () => `{"model":${name},"created_at":"${new Date().toISOString()}",`;
  const line = (fields: string, done: boolean, rest = "") => `${head()}${fields},"done":${done}${rest}}`;
  const content = (pieces: readonly Piece[]) => (kind === "generate" ? generateFields(pieces) : messageFields(pieces));
  const doneRest = (answer: Answer) => {
    if (answer.finish === undefined) return "";
    const reason = answer.finish === "tool_calls" ? "stop" : answer.finish;
    const context = kind === "generate" && !raw ? `,"context":[1,2,3]` : "";
    return `,"done_reason":"${reason}"${context}${durations(answer)}`;
  };
  return {
    begin: () => "",
    piece: (piece) => `${line(content([piece]), false)}\n`,
    end: (answer) => `${line(content([]), true, doneRest(answer))}\n`,
    fail: (message) => `${JSON.stringify({ error: message })}\n`,
    whole: (answer) => line(content(answer.pieces), answer.finish !== undefined, doneRest(answer)),
    load: (unload) => line(content([]), true, `,"done_reason":"${unload ? "unload" : "load"}"`),
  };
}

function generateFields(pieces: readonly Piece[]): string {
  const thinking = textOf(pieces, "reasoning");
  return `"response":${JSON.stringify(textOf(pieces, "text"))}${thinking === "" ? "" : `,"thinking":${JSON.stringify(thinking)}`}`;
}

function messageFields(pieces: readonly Piece[]): string {
  const thinking = textOf(pieces, "reasoning");
  const calls = pieces.flatMap((piece) =>
    piece.kind === "tool" ? [{ id: piece.id, function: { index: piece.index, name: piece.name, arguments: piece.arguments } }] : [],
  );
  return (
    `"message":{"role":"assistant","content":${JSON.stringify(textOf(pieces, "text"))}` +
    `${thinking === "" ? "" : `,"thinking":${JSON.stringify(thinking)}`}${calls.length === 0 ? "" : `,"tool_calls":${JSON.stringify(calls)}`}}`
  );
}

function textOf(pieces: readonly Piece[], kind: "text" | "reasoning"): string {
  let text = "";
  for (const piece of pieces) if (piece.kind === kind) text += piece.text;
  return text;
}

/** Zeros are left out, as Ollama does. A warm model never loads in 0 ns: it reads the model's header again. */
function durations(answer: Answer): string {
  const fields = {
    total_duration: nanoseconds(answer.totalMs),
    load_duration: 10_000,
    prompt_eval_count: answer.promptTokens,
    prompt_eval_duration: nanoseconds(answer.promptMs),
    eval_count: answer.pieces.length,
    eval_duration: nanoseconds(answer.answerMs),
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== 0)
    .map(([key, value]) => `,"${key}":${value}`)
    .join("");
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
