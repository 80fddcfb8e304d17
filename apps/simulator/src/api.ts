import type { AnswerPlan, Piece } from "./generate-text.ts";

/** An error answer. `code` and `type` are shown by OpenAI's format only. */
export interface Problem {
  status: number;
  message: string;
  type?: string;
  code?: string;
  retryAfterSeconds?: number;
}

/** Thrown while a request is read; becomes the answer. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A request, in the words that both wire formats share. */
export interface ModelCall {
  model: string;
  stream: boolean;
  /** Text of the prompt, or of the last message of a user. */
  prompt: string;
  /** Of the whole input: 4 characters each. */
  promptTokens: number;
  maxTokens: number | undefined;
  stop: readonly string[];
  wantsJson: boolean;
  /** Undefined: as the model likes. */
  wantsReasoning: boolean | undefined;
  hasTools: boolean;
  mayCallTools: boolean;
  hasImages: boolean;
  /** The caller's own context window (num_ctx), and whether a longer prompt is cut silently. */
  contextLength: number | undefined;
  truncates: boolean;
  /** Answered with this body at once, without generating (Ollama's load and unload). */
  instead?: string;
}

/** Reasons to turn a call down that each format words in its own way. */
export type Refusal = "unknown-model" | "no-tools" | "no-images" | "no-thinking" | "context-length" | "busy" | "rate-limited";

/** Measured while answering, ms. */
interface Timing {
  totalMs: number;
  promptMs: number;
  answerMs: number;
}

/** Everything of an answer that has been produced; `finish` is undefined when it ends without its end mark. */
export interface Answer extends Timing {
  pieces: readonly Piece[];
  finish: AnswerPlan["finish"] | undefined;
  promptTokens: number;
}

/** Writes one answer. Each method returns text for the body. */
export interface AnswerWriter {
  /** Before the first piece. */
  begin(): string;
  piece(piece: Piece): string;
  /** After the last piece of a finished stream. */
  end(answer: Answer & { finish: AnswerPlan["finish"] }): string;
  /** A stream that fails after it began. */
  fail(message: string): string;
  /** The body of a plain, not streamed answer. */
  whole(answer: Answer): string;
}

/** One endpoint that answers prompts. */
export interface ModelApi {
  /** Shown in the call log. */
  name: string;
  streamType: string;
  plainType: string;
  /** @throws {ProblemError} for a request that this endpoint does not take. */
  read(body: string): ModelCall & { writer: AnswerWriter };
  refusal(reason: Refusal, model: string): Problem;
  /** A message for a status that was asked for by the control. */
  defaultMessage(status: number): string;
  problemBody(problem: Problem): string;
}

/** Rough size of a text in tokens. */
export function countTokens(...texts: (string | undefined)[]): number {
  return Math.max(1, Math.ceil(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0) / 4));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
