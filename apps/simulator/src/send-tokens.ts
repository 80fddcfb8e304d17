import type { AnswerWriter } from "./api.ts";
import type { Piece } from "./generate-text.ts";

export interface SendTokensOptions {
  pieces: readonly Piece[];
  /** 0: all are due at once. */
  tokensPerSecond: number;
  /** Resolves to false when the client has gone. */
  sleep: (ms: number) => Promise<boolean>;
  sent: (count: number) => void;
  /** The three of a streamed answer; a plain one only takes its time. */
  head?: () => void;
  writer?: AnswerWriter;
  write?: (text: string) => void;
}

/**
 * Lets the tokens of an answer come at their pace; those that are due together go out in one write. The last write is
 * left to the caller, who appends the end to it: returned as text, or undefined when the client went first.
 */
export async function sendTokens({
  pieces,
  tokensPerSecond,
  sleep,
  sent,
  head,
  writer,
  write,
}: SendTokensOptions): Promise<string | undefined> {
  let text = writer?.begin() ?? "";
  const begunAt = performance.now();
  let count = 0;
  while (true) {
    const due =
      tokensPerSecond === 0
        ? pieces.length
        : Math.min(pieces.length, 1 + Math.floor(((performance.now() - begunAt) * tokensPerSecond) / 1000));
    if (writer !== undefined) for (const piece of pieces.slice(count, due)) text += writer.piece(piece);
    if (due > count) {
      if (count === 0) head?.();
      sent(due - count);
    }
    count = due;
    if (count >= pieces.length) return text;
    if (write !== undefined && text !== "") {
      write(text);
      text = "";
    }
    if (!(await sleep(Math.max(0, begunAt + (count * 1000) / tokensPerSecond - performance.now())))) return undefined;
  }
}
