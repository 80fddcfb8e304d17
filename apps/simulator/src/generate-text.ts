import { hash } from "node:crypto";
import type { Behaviour } from "./control.ts";

/** A token of an answer, or one whole call of a tool. */
export type Piece =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "tool"; id: string; index: number; name: string; arguments: Record<string, unknown> };

export interface AnswerPlan {
  pieces: Piece[];
  finish: "stop" | "length" | "content_filter" | "tool_calls";
}

export interface AnswerRequest {
  model: string;
  prompt: string;
  marker: string;
  maxTokens: number | undefined;
  stop: readonly string[];
  wantsJson: boolean;
  wantsReasoning: boolean;
  /** The request has tools and does not forbid their use. */
  mayCallTools: boolean;
}

const words = (
  "river stone light morning window garden paper silver quiet number forest engine bridge winter letter orange simple market " +
  "harbour copper meadow signal thunder velvet anchor bottle candle desert ember feather"
).split(" ");

export function promptHash(prompt: string): string {
  return hash("sha1", prompt).slice(0, 12);
}

/** What tells one prompt from another in its answer: what the prompt has in double brackets (`[[42]]`), else its hash. */
export function markerOf(prompt: string): string {
  return /\[\[([^\]]{1,128})\]\]/.exec(prompt)?.[1] ?? promptHash(prompt);
}

/** The whole answer to a request: the same request gets the same one. A derived answer begins with its marker in double brackets, as one token. */
export function planAnswer(request: AnswerRequest, behaviour: Behaviour): AnswerPlan {
  const pieces: Piece[] = [];
  if (request.wantsReasoning && behaviour.reasoning !== null) pieces.push(...textPieces("reasoning", splitWords(behaviour.reasoning)));
  const calls = request.mayCallTools ? behaviour.toolCalls : null;
  if (calls === null) {
    pieces.push(...textPieces("text", answerTokens(request, behaviour)));
  } else {
    pieces.push(...calls.map((call, index): Piece => ({ kind: "tool", id: `call_${request.marker}_${index}`, index, ...call })));
  }
  if (request.maxTokens !== undefined && request.maxTokens < pieces.length)
    return { pieces: pieces.slice(0, request.maxTokens), finish: "length" };
  return { pieces, finish: calls === null ? behaviour.finishReason : "tool_calls" };
}

function answerTokens(request: AnswerRequest, behaviour: Behaviour): string[] {
  let tokens =
    behaviour.answer === null
      ? derivedTokens(request.marker, request.prompt, behaviour.tokens)
      : splitWords(fillIn(behaviour.answer, request));
  if (request.wantsJson) tokens = JSON.stringify({ marker: request.marker, answer: tokens.join("") }).match(/[\s\S]{1,6}/g) ?? [];
  if (request.stop.length === 0) return tokens;
  const text = tokens.join("");
  const ends = request.stop.map((stop) => text.indexOf(stop)).filter((end) => end >= 0);
  return ends.length === 0 ? tokens : splitWords(text.slice(0, Math.min(...ends)));
}

function derivedTokens(marker: string, prompt: string, count: number): string[] {
  let state = Number.parseInt(promptHash(prompt).slice(0, 8), 16);
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return `[[${marker}]]`;
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ` ${words[(state >>> 16) % words.length]}`;
  });
}

function fillIn(template: string, { prompt, marker, model }: AnswerRequest): string {
  const values: Record<string, string> = { prompt, marker, model };
  return template.replace(/\{(prompt|marker|model)\}/g, (_, name: string) => values[name] ?? "");
}

function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function textPieces(kind: "text" | "reasoning", tokens: string[]): Piece[] {
  return tokens.map((text) => ({ kind, text }));
}
