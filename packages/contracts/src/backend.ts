import type { ContentPart, Message, ResponseFormat, Tool, ToolCall, ToolChoice } from "./request.ts";
import type { FinishReason, Usage } from "./result.ts";

/** What a backend is asked: the request with llm-router's own fields taken off, `messages` always filled (prompt, system and images folded in). */
export interface BackendRequest {
  /** The provider's name of the model. */
  model: string;
  messages: Message[];
  /** The caller's plain prompt, where it sent one: backends may use a completion endpoint for it. */
  prompt?: string;
  system?: string;
  images?: string[];
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  stop?: string[];
  seed?: number;
  tools?: Tool[];
  toolChoice?: ToolChoice;
  responseFormat?: ResponseFormat;
  providerOptions?: Record<string, unknown>;
}

export interface BackendContext {
  /** The request's id, for the provider's own logs. */
  id: string;
  /** Aborts the call; the backend must let go of the connection within 100 ms. */
  signal: AbortSignal;
  /** Cuts a call without a first byte of answer, ms. */
  firstTokenTimeoutMs: number;
  /** Cuts a stream that went silent, ms. */
  tokenGapTimeoutMs: number;
}

/** A provider's chunk. The last one carries `finishReason` (an answer without it is truncated), and `usage` where the provider counts. */
export interface BackendDelta {
  text?: string;
  reasoning?: string;
  toolCalls?: ToolCall[];
  finishReason?: FinishReason;
  usage?: Usage;
}

export interface BackendAnswer {
  content: string;
  reasoning?: string;
  toolCalls?: ToolCall[];
  finishReason?: FinishReason;
  usage?: Usage;
  /** A custom backend may answer `success: false` instead of throwing; it counts exactly the same. */
  success?: boolean;
  error?: string;
}

export interface BackendHealth {
  ok: boolean;
  /** Why not, and the fix (`ollama pull …`). */
  message?: string;
  latencyMs?: number;
}

/** Calls one provider. Only `generate` is required. Errors: throw a BackendError; anything else thrown counts as `unavailable`. */
export interface Backend {
  generate(request: BackendRequest, context: BackendContext): Promise<BackendAnswer>;
  stream?(request: BackendRequest, context: BackendContext): AsyncIterable<BackendDelta>;
  /** Cheap: no tokens are generated. */
  healthCheck?(signal: AbortSignal): Promise<BackendHealth>;
  close?(): Promise<void> | void;
}

/** Makes a backend from a model's definition; `apiKey` is expanded, and never logged. */
export type BackendFactory = (model: BackendModel) => Backend;

export interface BackendModel {
  /** llm-router's name of the model. */
  name: string;
  provider: string;
  /** The provider's name. */
  model: string;
  baseUrl?: string;
  apiKey?: string;
  /** Loading and sampling options, the same for all requests of the model (num_gpu, num_ctx, keep_alive, …). */
  options?: Record<string, unknown>;
}

export type { ContentPart };
