import {
  type Backend,
  type BackendAnswer,
  type BackendContext,
  type BackendDelta,
  BackendError,
  type BackendHealth,
  type BackendRequest,
  RouterError,
} from "@llm-router/contracts";
import { collect } from "../collect.ts";
import { promptsOf, type RunnableBackend } from "../runnable.ts";
import { scrub, thrownText } from "../scrub.ts";
import { withTimeouts } from "../timeouts.ts";

/**
 * Makes a user's own backend safe to run: the same timeouts, the same ends and the same errors as the built-in ones.
 * - Only `generate` is required. Without `stream` its answer is one delta, and firstTokenTimeoutMs bounds the whole call.
 * - With `stream`, plain requests use it too, so that a silence is cut by tokenGapTimeoutMs.
 * - An answer needs `content` (it may be empty text) or toolCalls; without a finishReason it is `stop` (or `tool_calls`).
 *   The same holds for a stream that ends by itself: only its author knows how its provider marks an end. One that
 *   cannot tell must throw a BackendError of kind `truncated`.
 * - `success: false` is a throw of its `error`. What is thrown and is no BackendError is of kind `server-error`.
 * @param name As in the message of errors.
 * @throws {RouterError} CONFIG_INVALID when `backend` has no generate().
 */
export function wrapCustomBackend(backend: Backend, name: string): RunnableBackend {
  if (typeof backend?.generate !== "function") {
    throw new RouterError(
      "CONFIG_INVALID",
      `models.${name}: a custom backend needs generate(request, context); it got ${backend === null ? "null" : typeof backend} without one.`,
    );
  }

  const closing = new AbortController();

  async function* deltasOf(request: BackendRequest, context: BackendContext): AsyncGenerator<BackendDelta, void, void> {
    if (backend.stream) yield* completed(backend.stream(request, context), name);
    else yield toDelta(await backend.generate(request, context), name);
  }

  async function* stream(request: BackendRequest, context: BackendContext): AsyncGenerator<BackendDelta, void, void> {
    try {
      yield* withTimeouts((signal) => deltasOf(request, { ...context, signal }), { ...context, closing: closing.signal });
    } catch (error) {
      throw toFailure(error, name, promptsOf(request));
    }
  }

  return {
    stream,
    generate: (request, context) => collect(stream(request, context)),
    healthCheck: (signal) => checkHealth(backend, signal),
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      await backend.close?.();
    },
  };
}

/** Its own answer; a throw is one too. */
async function checkHealth(backend: Backend, signal: AbortSignal): Promise<BackendHealth> {
  try {
    return (await backend.healthCheck?.(signal)) ?? { ok: true };
  } catch (error) {
    return { ok: false, message: scrub(thrownText(error)) };
  }
}

/** A whole answer as the one delta of a stream. */
function toDelta(answer: BackendAnswer, name: string): BackendDelta {
  if (answer?.success === false)
    throw new BackendError(
      "server-error",
      `The backend of ${name} answered success: false${answer.error ? `: ${scrub(thrownText(answer.error))}` : "."}`,
    );
  const { content, reasoning, toolCalls, finishReason, usage } = answer ?? {};
  if (typeof content !== "string" && !toolCalls?.length)
    throw new BackendError("server-error", `The backend of ${name} answered without content or toolCalls.`);
  return {
    ...(content && { text: content }),
    ...(reasoning && { reasoning }),
    ...(toolCalls?.length && { toolCalls }),
    ...(usage && { usage }),
    finishReason: finishReason ?? (toolCalls?.length ? "tool_calls" : "stop"),
  };
}

/** The deltas, and the finishReason that a stream which ended by itself left out. */
async function* completed(deltas: AsyncIterable<BackendDelta>, name: string): AsyncGenerator<BackendDelta, void, void> {
  let finished = false;
  let sawToolCalls = false;
  let sawAnything = false;
  for await (const delta of deltas) {
    if (typeof delta !== "object" || delta === null)
      throw new BackendError("server-error", `The backend of ${name} streamed something that is not a delta.`);
    if (delta.finishReason) finished = true;
    if (delta.toolCalls?.length) sawToolCalls = true;
    if (sawToolCalls || delta.text !== undefined) sawAnything = true;
    yield delta;
  }
  if (!finished && !sawAnything)
    throw new BackendError("server-error", `The backend of ${name} ended its stream without content or toolCalls.`);
  if (!finished) yield { finishReason: sawToolCalls ? "tool_calls" : "stop" };
}

function toFailure(error: unknown, name: string, prompts: string[]): BackendError {
  const text = scrub(thrownText(error), { prompts });
  if (!BackendError.is(error)) return new BackendError("server-error", `The backend of ${name} failed: ${text}`, { cause: error });
  const { kind, retryAfterMs, status } = error;
  return text === error.message ? error : new BackendError(kind, text, { retryAfterMs, status });
}
