import { BackendError, isRecord } from "@llm-router/contracts";
import { createParser } from "eventsource-parser";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { classifyStreamError, type FailureScope } from "../classify.ts";
import { readProviderMessage } from "../provider-message.ts";

const endMark = "[DONE]";

/**
 * The chunks of a streamed chat completion, as many at a time as came together, up to `[DONE]` or the end. The SDK's own stream goes
 * through five generators for each token.
 * @param body.read Its next bytes; undefined at its end.
 * @param body.drain Is called when the answer is complete.
 * @throws {BackendError} for an error that the provider sent inside the stream, and for what is no stream of OpenAI's.
 */
export async function* readChunks(
  body: { read: () => Promise<Uint8Array | undefined>; drain: () => void },
  scope: FailureScope,
): AsyncGenerator<ChatCompletionChunk[], void, void> {
  const decoder = new TextDecoder();
  let found: ChatCompletionChunk[] = [];
  let failure: BackendError | undefined;
  let ended = false;
  const parser = createParser({
    onEvent({ event, data }) {
      ended ||= data === endMark;
      if (ended || failure) return;
      const chunk = parseChunk(data, scope);
      if (BackendError.is(chunk)) failure = chunk;
      else if (event === "error" || (isRecord(chunk) && chunk["error"])) failure = classifyStreamError(readProviderMessage(data), scope);
      else found.push(chunk as ChatCompletionChunk);
    },
  });
  while (!ended) {
    const bytes = await body.read();
    ended ||= bytes === undefined;
    // Some servers leave out the empty line behind their last event.
    parser.feed(bytes ? decoder.decode(bytes, { stream: true }) : `${decoder.decode()}\n\n`);
    if (found.length > 0) yield found;
    found = [];
    if (failure) throw failure;
  }
  body.drain();
}

function parseChunk(data: string, { server }: FailureScope): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // The parser's own words would quote the answer.
    return new BackendError("server-error", `${server} sent something that is not OpenAI's stream; check the baseUrl.`);
  }
}
