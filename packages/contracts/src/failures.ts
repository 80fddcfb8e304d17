import type { ErrorCode } from "./errors.ts";

/**
 * How a model's call can fail, whether that counts for its breaker, and what happens to the job: the one table
 * (DESIGN section 8). `move`: to another candidate, a retry here only when none can take it. `hold`: hold the model
 * or move, whichever answers sooner. `next`: this model cannot serve it, another may. `fail`: the caller's mistake.
 */
export const failureTable = {
  unreachable: { countsForBreaker: true, then: "move", code: "MODEL_UNREACHABLE" },
  timeout: { countsForBreaker: true, then: "move", code: "MODEL_TIMEOUT" },
  "server-error": { countsForBreaker: true, then: "move", code: "MODEL_ERROR" },
  truncated: { countsForBreaker: true, then: "move", code: "ANSWER_TRUNCATED" },
  auth: { countsForBreaker: true, then: "move", code: "PROVIDER_AUTH" },
  "not-found": { countsForBreaker: true, then: "move", code: "MODEL_NOT_FOUND" },
  "rate-limited": { countsForBreaker: false, then: "hold", code: "PROVIDER_RATE_LIMITED" },
  unsupported: { countsForBreaker: false, then: "next", code: "UNSUPPORTED" },
  rejected: { countsForBreaker: false, then: "fail", code: "PROVIDER_REJECTED" },
  aborted: { countsForBreaker: false, then: "drop", code: "CANCELLED" },
} as const satisfies Record<string, { countsForBreaker: boolean; then: "move" | "hold" | "next" | "fail" | "drop"; code: ErrorCode }>;

export type FailureKind = keyof typeof failureTable;

/** What a backend throws. The message goes to the caller and the history: never a key, a header or a prompt. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly kind: FailureKind;
  /** Of `rate-limited`: how long the provider asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** The provider's HTTP status, where there was one. */
  readonly status: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    details: { retryAfterMs?: number | undefined; status?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
  }

  get code(): ErrorCode {
    return failureTable[this.kind].code;
  }

  static is(value: unknown): value is BackendError {
    return value instanceof Error && value.name === "BackendError";
  }
}
