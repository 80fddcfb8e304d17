import {
  type Backend,
  type BackendContext,
  type BackendDelta,
  BackendError,
  type BackendRequest,
  type FailureKind,
} from "@llm-router/contracts";

/** Answers with these texts, one delta each. */
export function speaks(...texts: string[]): Backend {
  return streams(async function* () {
    for (const text of texts) yield { text };
    yield { finishReason: "stop", usage: { promptTokens: 3, completionTokens: texts.length, totalTokens: 3 + texts.length } };
  });
}

/** Fails every call. */
export function fails(kind: FailureKind, details: { retryAfterMs?: number; message?: string } = {}): Backend {
  return { generate: () => Promise.reject(new BackendError(kind, details.message ?? `it is ${kind}`, details)) };
}

/** A backend from its stream alone. */
export function streams(stream: (request: BackendRequest, context: BackendContext) => AsyncIterable<BackendDelta>): Backend {
  return {
    generate: () => Promise.reject(new Error("not called: it has a stream")),
    stream,
  };
}

/** Calls that wait until they are let go, or are aborted. */
export class Gate {
  readonly calls: { id: string; abortedAt?: number }[] = [];
  #open = Promise.withResolvers<void>();
  readonly #arrivals: { count: number; resolve: () => void }[] = [];

  readonly backend: Backend = streams((request, context) => this.#stream(request, context));

  /** Resolves when so many calls have come. */
  arrived(count: number): Promise<void> {
    if (this.calls.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#arrivals.push({ count, resolve }));
  }

  /** Answers all that wait and all to come. */
  open(): void {
    this.#open.resolve();
  }

  async *#stream(_request: BackendRequest, { id, signal }: BackendContext): AsyncGenerator<BackendDelta> {
    const call: (typeof this.calls)[number] = { id };
    this.calls.push(call);
    for (const { count, resolve } of this.#arrivals) if (this.calls.length >= count) resolve();
    signal.addEventListener("abort", () => {
      call.abortedAt = performance.now();
    });
    await this.#open.promise;
    yield { text: "let go", finishReason: "stop" };
  }
}
