/**
 * Every error that leaves llm-router carries one of these codes. `status` is the HTTP status the gateway
 * answers with, `retryable` says whether the same call may succeed later, `fix` is what to do about it.
 */
export const errorCatalog = {
  // The caller's request
  INVALID_REQUEST: { status: 400, retryable: false, fix: "Correct the field that the message names." },
  UNKNOWN_MODEL: { status: 400, retryable: false, fix: "Use a model that `llm-router status` lists, or define it in the configuration." },
  PROMPT_TOO_LARGE: { status: 413, retryable: false, fix: "Shorten the prompt, or raise `limits.maxPromptBytes`." },
  PROVIDER_REJECTED: { status: 400, retryable: false, fix: "The provider refused the request itself; correct it as its message says." },
  IDEMPOTENCY_KEY_REUSED: { status: 409, retryable: false, fix: "Use a new idempotency key for a different request." },
  CACHE_MISS: { status: 404, retryable: false, fix: '`cache: "only"` never calls a model; use `"use"` to let it.' },
  RATE_LIMITED: { status: 429, retryable: true, fix: "The API key's limit is reached; wait for `retryAfterMs`, or raise the key's limit." },
  // Who may ask
  UNAUTHORIZED: {
    status: 401,
    retryable: false,
    fix: "Send an API key as `authorization: Bearer KEY` or `x-api-key: KEY`; `npx llm-router keys create NAME` makes one.",
  },
  FORBIDDEN: { status: 403, retryable: false, fix: "Use a key that may do this, or have it allowed; the message says what is not." },
  // Admission
  QUEUE_FULL: { status: 429, retryable: true, fix: "Wait for `retryAfterMs`, add workers, raise `maxQueueDepth`, or add a fallback." },
  ALL_MODELS_UNAVAILABLE: {
    status: 503,
    retryable: true,
    fix: "Every candidate's breaker is open or it is paused; see `llm-router status`.",
  },
  NO_WORKER: { status: 503, retryable: true, fix: "Start a worker for one of the models: `npx llm-router worker`." },
  BUDGET_TOO_SHORT: { status: 429, retryable: true, fix: "Raise `timeoutMs` above the quoted wait, or try later." },
  // Outcomes
  CANCELLED: { status: 499, retryable: false, fix: "The request was cancelled by an explicit act; submit it again if it is still wanted." },
  DEADLINE_EXCEEDED: { status: 504, retryable: true, fix: "Raise `timeoutMs`, lower the load, or add workers." },
  ATTEMPTS_EXHAUSTED: {
    status: 502,
    retryable: true,
    fix: "Every allowed attempt failed; `attempts` says how. Check the models with `llm-router status`.",
  },
  STALLED: {
    status: 500,
    retryable: true,
    fix: "The request's workers died repeatedly while running it; look at the workers' logs and memory.",
  },
  STREAM_BROKEN: {
    status: 502,
    retryable: true,
    fix: 'The stream broke after tokens were sent; submit again, or use `onBrokenStream: "restart"`.',
  },
  JOB_VANISHED: { status: 500, retryable: true, fix: "The job was removed from its queue from outside; submit it again." },
  DISPLACED: { status: 503, retryable: true, fix: "A more urgent request took the place (`displace: fail`); submit it again later." },
  RESULT_EXPIRED: { status: 410, retryable: false, fix: "The outcome was kept for `resultTtlMs`; read results sooner, or raise it." },
  // Waiting
  WAIT_TIMEOUT: { status: 504, retryable: true, fix: "Only the waiting ended, the job runs on; wait again with `attach(id)`." },
  UNKNOWN_REQUEST: { status: 404, retryable: false, fix: "No request has this id in this namespace; check LLMR_NAMESPACE and the id." },
  // What a model's call can end with (in `attempts`, and as the outcome's code for a custom failure)
  MODEL_UNREACHABLE: { status: 502, retryable: true, fix: "Start the model's server, or correct its `baseUrl`." },
  MODEL_TIMEOUT: {
    status: 504,
    retryable: true,
    fix: "The model did not answer in time; check its load, or raise `firstTokenTimeoutMs` / `tokenGapTimeoutMs`.",
  },
  MODEL_ERROR: { status: 502, retryable: true, fix: "The model's server failed (5xx); look at its log." },
  ANSWER_TRUNCATED: { status: 502, retryable: true, fix: "The answer ended without its end mark; look at the model server's log." },
  PROVIDER_RATE_LIMITED: {
    status: 429,
    retryable: true,
    fix: "The provider limits the rate; set the model's `rpm`/`tpm` to what it allows.",
  },
  PROVIDER_AUTH: {
    status: 502,
    retryable: false,
    fix: "Check the model's `apiKey` (the environment variable that the configuration names).",
  },
  MODEL_NOT_FOUND: { status: 502, retryable: false, fix: "Pull the model (`ollama pull NAME`), or correct the provider's model name." },
  UNSUPPORTED: {
    status: 400,
    retryable: false,
    fix: "This model cannot serve the request (tools, images or context length); route it to one that can.",
  },
  WORKER_LOST: {
    status: 500,
    retryable: true,
    fix: "The worker died or lost its lock during the call; nothing to do, the job runs again.",
  },
  // Processes and configuration
  CONFIG_INVALID: {
    status: 500,
    retryable: false,
    fix: "Correct the path that the message names; `llm-router config check` checks a file.",
  },
  CONFIG_CONFLICT: {
    status: 500,
    retryable: false,
    fix: "Give both processes the same definition, or start with LLMR_CONFIG_APPLY=1 to replace it.",
  },
  CACHE_NOT_INSTALLED: {
    status: 500,
    retryable: false,
    fix: "Run `npm install @llm-router/semantic-cache`, or set `cache.semantic: false`.",
  },
  NO_CONFIG: { status: 503, retryable: true, fix: "Start a worker with a configuration first: `npx llm-router worker`." },
  REDIS_UNAVAILABLE: { status: 503, retryable: true, fix: "Start Redis, or correct REDIS_URL." },
  REDIS_POLICY: { status: 500, retryable: false, fix: "Set `maxmemory-policy noeviction` and use Redis 7.0 or Valkey 7.2 or newer." },
  REDIS_FULL: { status: 503, retryable: true, fix: "Redis reached `maxmemory`; wait until work drains, or raise it." },
  SCHEMA_MISMATCH: {
    status: 500,
    retryable: false,
    fix: "This process and the data in Redis are of incompatible versions; upgrade the older one.",
  },
  NO_KEYS: {
    status: 500,
    retryable: false,
    fix: "Make a key with `npx llm-router keys create NAME --admin`, put keys under `gateway.keys`, or listen on 127.0.0.1.",
  },
  PORT_IN_USE: { status: 500, retryable: false, fix: "Choose another port with the variable that the message names." },
  SHUTTING_DOWN: {
    status: 503,
    retryable: true,
    fix: "This gateway is ending; the request runs on: read it at another one by its id, or send it again with its idempotency key.",
  },
  CLOSED: { status: 500, retryable: false, fix: "The client was closed; create a new one." },
  INTERNAL: { status: 500, retryable: true, fix: "A defect in llm-router; please report it with the request's id." },
} as const satisfies Record<string, { status: number; retryable: boolean; fix: string }>;

export type ErrorCode = keyof typeof errorCatalog;

export interface RouterErrorDetails {
  /** The request's id, once it has one. */
  id?: string;
  /** The model concerned. */
  model?: string;
  /** Every call that was made, oldest first. */
  attempts?: readonly Attempt[];
  /** Every candidate that was passed over, and why. */
  skipped?: readonly Skipped[];
  /** Milliseconds after which the same call may succeed. */
  retryAfterMs?: number;
  /** Quoted wait in milliseconds (BUDGET_TOO_SHORT). */
  expectedWaitMs?: number;
  cause?: unknown;
}

/** The one error class. Use {@link RouterError.is}, not `instanceof`: two copies of the package may be loaded. */
export class RouterError extends Error {
  override readonly name = "RouterError";
  readonly code: ErrorCode;
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly attempts: readonly Attempt[];
  readonly skipped: readonly Skipped[];
  readonly retryAfterMs: number | undefined;
  readonly expectedWaitMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: RouterErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.id = details.id;
    this.model = details.model;
    this.attempts = details.attempts ?? [];
    this.skipped = details.skipped ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.expectedWaitMs = details.expectedWaitMs;
  }

  get status(): number {
    return errorCatalog[this.code].status;
  }

  get retryable(): boolean {
    return errorCatalog[this.code].retryable;
  }

  get fix(): string {
    return errorCatalog[this.code].fix;
  }

  toJSON(): Record<string, unknown> {
    const { code, message, fix, retryable, id, model, attempts, skipped, retryAfterMs, expectedWaitMs } = this;
    return { code, message, fix, retryable, id, model, attempts, skipped, retryAfterMs, expectedWaitMs };
  }

  static is(value: unknown): value is RouterError {
    return value instanceof Error && value.name === "RouterError";
  }
}

import type { Attempt, Skipped } from "./result.ts";
