import { BackendError } from "@llm-router/contracts";

/** setTimeout takes no more; a larger number, or Infinity, would fire at once. */
const maxTimerMs = 2_147_483_647;

export interface CallTimeouts {
  /** The caller's signal. */
  signal: AbortSignal;
  /** Ends the call the same way: its backend is being closed. */
  closing?: AbortSignal;
  /** Cuts a call without a first item, ms. */
  firstTokenTimeoutMs: number;
  /** Cuts a stream that went silent, ms. */
  tokenGapTimeoutMs: number;
}

/**
 * Watches over the items of a call. `open` gets the call's own signal, which is aborted when a timeout strikes, when
 * the caller's signal does, and when the reader leaves early; nothing here waits for `open` to obey it. Only the time
 * spent waiting for the provider counts, not the time in which the reader is busy.
 * @throws {BackendError} `timeout`, or `aborted` as soon as the caller's signal fires; else what `open` threw.
 */
export async function* withTimeouts<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  options: CallTimeouts,
): AsyncGenerator<T, void, void> {
  const call = new AbortController();
  let failure: BackendError | undefined;
  let rejectStep: ((error: BackendError) => void) | undefined;
  const interrupt = (error: BackendError): void => {
    failure ??= error;
    rejectStep?.(failure);
    call.abort(failure);
  };
  const throwFailure = (): void => {
    if (failure) throw failure;
  };
  const onAbort = (): void => interrupt(new BackendError("aborted", "The call was aborted.", { cause: options.signal.reason }));
  const onClose = (): void => interrupt(new BackendError("aborted", "The backend was closed."));

  // Not Promise.race: it would leave one reaction per item on the long-lived side.
  const nextItem = (items: AsyncIterator<T>, limitMs: number, what: string): Promise<IteratorResult<T>> =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      const timer = setTimeout(
        () => interrupt(new BackendError("timeout", `No ${what} within ${limitMs} ms.`)),
        Math.min(limitMs, maxTimerMs),
      );
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        rejectStep = undefined;
        act();
      };
      rejectStep = (error) => settle(() => reject(error));
      items.next().then(
        (item) => settle(() => resolve(item)),
        (error: unknown) => settle(() => reject(failure ?? (error as Error))),
      );
    });

  if (options.closing?.aborted) onClose();
  if (options.signal.aborted) onAbort();
  options.signal.addEventListener("abort", onAbort, { once: true });
  options.closing?.addEventListener("abort", onClose, { once: true });
  let items: AsyncIterator<T> | undefined;
  let ended = false;
  try {
    throwFailure();
    items = open(call.signal)[Symbol.asyncIterator]();
    for (let first = true; ; first = false) {
      const item = first
        ? await nextItem(items, options.firstTokenTimeoutMs, "first token")
        : await nextItem(items, options.tokenGapTimeoutMs, "further token");
      if (item.done) {
        ended = true;
        return;
      }
      yield item.value;
      throwFailure(); // the signal fired while the reader was busy
    }
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    options.closing?.removeEventListener("abort", onClose);
    if (!ended) {
      call.abort(failure);
      // A backend that ignores its signal may never return: nobody waits for it, and what it says now is of no interest.
      items?.return?.().then(undefined, () => undefined);
    }
  }
}
