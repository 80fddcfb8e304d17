import type { Delta, Outcome } from "@llm-router/contracts";
import { readStatus, readStream } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

const pageSize = 1_000;

/**
 * What a reader of a stream was given of the answer. A stream may lack all of it, or its end (Redis was full, or died and forgot some):
 * then the outcome has the rest, and the reader is given it before the end. An answer that no run gave lacks nothing:
 * `replayAnswer` in include/coalesce.lua puts it into the stream, under a number of its own, so that reading can go on after it.
 */
export class GivenAnswer {
  readonly #isWhole: boolean;
  /** Characters since the answer last began. */
  #length = 0;
  #epoch: number | undefined;
  #isFinished = false;

  /** @param from The seq that the reading began after. */
  constructor(from: number) {
    this.#isWhole = from === 0;
  }

  note({ epoch, restart, text, finishReason }: Delta): void {
    if (restart) this.#length = 0;
    this.#length += text?.length ?? 0;
    this.#epoch = epoch;
    this.#isFinished = finishReason !== undefined;
  }

  /** The rest, as one delta under the number of the ending event `seq`; undefined when nothing is missing, or nobody can say what. */
  async rest(connection: Connection, id: string, seq: number): Promise<Delta | undefined> {
    if (this.#isFinished) return undefined;
    const { outcome, epoch = 0 } = (await readStatus(connection.context, id)) ?? {};
    const whole = wholeAnswer(outcome, epoch, seq);
    if (this.#isWhole && this.#epoch === undefined) return whole;
    // Of another run than the one that was read, nobody can say what is missing.
    if (!whole || (this.#epoch !== undefined && this.#epoch !== epoch)) return undefined;
    const length = this.#isWhole ? this.#length : await lengthInStream(connection, id);
    const { text = "", finishReason, usage } = whole;
    return length > 0 && text.length > length ? { epoch, seq, text: text.slice(length), finishReason, usage } : undefined;
  }
}

/** An answer as one delta under the number of its request's last event. undefined: it is none. */
export function wholeAnswer(outcome: Outcome | undefined, epoch: number, seq: number): Delta | undefined {
  if (outcome?.state !== "completed") return undefined;
  const { content, reasoning, toolCalls, finishReason, usage } = outcome.result;
  return {
    epoch,
    seq,
    text: content,
    finishReason,
    usage,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
  };
}

/** Characters of the answer that its stream holds since it last began. */
async function lengthInStream({ context }: Connection, id: string): Promise<number> {
  let [length, last] = [0, 0];
  for (let full = true; full;) {
    const page = await readStream(context, id, last, pageSize);
    for (const { delta } of page) length = (delta?.restart ? 0 : length) + (delta?.text?.length ?? 0);
    last = page.at(-1)?.seq ?? last;
    full = page.length >= pageSize;
  }
  return length;
}
