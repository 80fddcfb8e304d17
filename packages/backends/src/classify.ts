import { BackendError, type FailureKind } from "@llm-router/contracts";
import { type ProviderMessage, readProviderMessage } from "./provider-message.ts";
import { type HeaderReader, parseRetryAfter } from "./retry-after.ts";
import { scrub, type ScrubOptions, thrownText } from "./scrub.ts";

/** Who is spoken about, and what must not show in messages. */
export interface FailureScope extends ScrubOptions {
  /** As a user reads it: `Ollama at http://127.0.0.1:11434`. */
  server: string;
  /** The provider's name of the model. */
  model: string;
  /** What to do about a model that is not there. */
  notFoundFix: string;
}

export interface FailedResponse {
  status: number;
  headers: HeaderReader;
  body: string;
}

const unsupportedCodes = new Set(["context_length_exceeded", "exceed_context_size_error", "unsupported_parameter"]);
const unsupportedText = new RegExp(
  [
    "does not support \\w+",
    "only supported by certain models",
    "not supported (?:with|by) this model",
    "missing data required for image input",
    "(?:exceeds?|exceeded) the (?:available |maximum |model's )?context",
    "maximum context length",
    "context (?:length|window|size)[^.]* exceeded",
    "prompt is too long",
  ].join("|"),
  "i",
);
/** Ollama answers 500 for these mistakes of the caller. */
const rejectedText = /option ".*" must be of type|invalid format:|invalid JSON schema in format|invalid option/i;
const busyText = /server busy|maximum pending requests exceeded/i;

/** The kind of an answer that is an error (DESIGN: the one table of error classes). */
function kindOfResponse(status: number, message: ProviderMessage, hasRetryAfter: boolean): FailureKind {
  if (status === 429) return "rate-limited";
  if (status === 401 || status === 402 || status === 403) return "auth";
  if (status === 503 && (hasRetryAfter || busyText.test(message.text))) return "rate-limited";
  if (unsupportedCodes.has(message.code ?? "") || unsupportedText.test(message.text)) return "unsupported";
  if (status === 404 || status === 405 || status === 410) return "not-found";
  if (status === 408) return "timeout";
  if (status >= 400 && status < 500) return "rejected";
  return rejectedText.test(message.text) ? "rejected" : "server-error";
}

/** Classes a response with an error status. */
export function classifyResponse(response: FailedResponse, scope: FailureScope): BackendError {
  const message = readProviderMessage(response.body);
  const retryAfterMs = parseRetryAfter(response.headers);
  const kind = kindOfResponse(response.status, message, retryAfterMs !== undefined);
  const said = message.text === "" ? "" : `: ${scrub(message.text, scope)}`;
  const fix = kind === "not-found" ? `. ${scope.notFoundFix}` : "";
  return new BackendError(kind, `${scope.server} answered ${response.status}${said}${fix}`, {
    status: response.status,
    ...(kind === "rate-limited" && { retryAfterMs }),
  });
}

/** Classes an error that a provider sent inside a stream, after the status 200. */
export function classifyStreamError(message: ProviderMessage, scope: FailureScope): BackendError {
  const kind = kindOfResponse(500, message, false);
  return new BackendError(busyText.test(message.text) ? "rate-limited" : kind, `${scope.server} broke off: ${scrub(message.text, scope)}`);
}

const networkKinds: Record<string, FailureKind> = {
  ECONNREFUSED: "unreachable",
  ECONNRESET: "unreachable",
  ECONNABORTED: "unreachable",
  EPIPE: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  UND_ERR_SOCKET: "unreachable",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_DESTROYED: "aborted",
  UND_ERR_CLOSED: "aborted",
};

/**
 * Classes what the HTTP client threw: refused, reset or unresolved is unreachable.
 * @param begun Whether a part of the answer had come: a connection lost after that is a truncated answer.
 */
export function classifyThrown(error: unknown, scope: FailureScope, begun = false): BackendError {
  const chain = causes(error);
  const codes = chain.map((cause) => (cause as { code?: unknown }).code);
  const code = codes.findLast((each): each is string => typeof each === "string" && (each in networkKinds || isTlsCode(each)));
  if (code === undefined) {
    return new BackendError("server-error", `${scope.server} could not be read: ${scrub(thrownText(chain.at(-1) ?? error), scope)}`, {
      cause: error,
    });
  }
  const kind = networkKinds[code] ?? "unreachable";
  if (kind === "aborted") return new BackendError("aborted", `The backend of ${scope.model} was closed.`, { cause: error });
  if (begun && kind === "unreachable")
    return new BackendError("truncated", `${scope.server} closed the connection in the middle of its answer (${code}).`, { cause: error });
  const what = kind === "timeout" ? "did not answer in time" : "cannot be reached";
  return new BackendError(kind, `${scope.server} ${what} (${code}).`, { cause: error });
}

/** A server whose certificate is refused is as good as unreachable; Node has some thirty such codes. */
function isTlsCode(code: string): boolean {
  return /CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_/.test(code);
}

/** An error and its causes, outermost first. Node's dual-stack connect puts the real ones in an AggregateError. */
function causes(error: unknown): object[] {
  const found: object[] = [];
  for (let next: unknown = error; typeof next === "object" && next !== null && !found.includes(next);) {
    found.push(next);
    next = (next as { cause?: unknown }).cause ?? (next instanceof AggregateError ? next.errors[0] : undefined);
  }
  return found;
}
