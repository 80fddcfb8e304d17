import { RouterError } from "./errors.ts";
import { boundJsonSize } from "./json-size.ts";
import { resolvePriority } from "./priority.ts";
import { check, formatProblem } from "./problems.ts";
import { formatPath } from "./redact.ts";
import { type Message, narrowRequestSchema, type Request, requestSchema } from "./request.ts";

export interface RequestLimits {
  /** Largest request, as bytes of JSON (default 4 MiB). */
  maxPromptBytes?: number;
}

/**
 * Checks what a caller handed over and returns it as a request, with nothing filled in.
 * @throws {RouterError} PROMPT_TOO_LARGE when its JSON is longer than `limits.maxPromptBytes`; INVALID_REQUEST with one
 * sentence that names the field and what it must be.
 */
export function parseRequest(input: unknown, limits: RequestLimits = {}): Request {
  const maxBytes = limits.maxPromptBytes ?? 4 * 1024 * 1024;
  const size = boundJsonSize(input, maxBytes);
  if (size.tooLarge) throw tooLarge(maxBytes);
  const { value, problems } = check(requestSchema, input, narrowRequestSchema);
  if (problems?.[0])
    throw new RouterError(
      "INVALID_REQUEST",
      problems[0].path.length === 0 ? `The request ${problems[0].text}.` : formatProblem(problems[0]),
    );
  if (size.flaw) throw new RouterError("INVALID_REQUEST", `${formatPath(size.flaw.path)}: ${size.flaw.text}.`);
  const request = value as Request;
  resolvePriority(request.priority);
  if (request.messages && !request.messages.some(saysSomething))
    throw new RouterError("INVALID_REQUEST", "messages: every message is empty.");
  if (size.atMostBytes > maxBytes && Buffer.byteLength(JSON.stringify(input)) > maxBytes) throw tooLarge(maxBytes);
  return request;
}

function saysSomething({ content, toolCalls }: Message): boolean {
  if (toolCalls && toolCalls.length > 0) return true;
  if (typeof content === "string") return /\S/.test(content);
  return (content ?? []).some((part) => part.type !== "text" || /\S/.test(part.text));
}

function tooLarge(maxBytes: number): RouterError {
  return new RouterError("PROMPT_TOO_LARGE", `The request is larger than ${maxBytes} bytes of JSON.`);
}
