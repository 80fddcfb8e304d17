import type { Client } from "@llm-router/client";
import { RouterError } from "@llm-router/contracts";
import express, { type RequestHandler } from "express";

const defaultPromptBytes = 4 * 1024 * 1024;
/** No body is larger than this, whatever `limits.maxPromptBytes` says. */
const ceilingBytes = 64 * 1024 * 1024;

/**
 * Reads a body as JSON, whatever its content type says: `curl -d` and Ollama's own examples send none that fits. It may be
 * twice as long as `limits.maxPromptBytes` (escapes), which the client then checks exactly.
 * @throws {RouterError} PROMPT_TOO_LARGE, INVALID_REQUEST.
 */
export function jsonBody(client: Client): RequestHandler {
  let limit = 0;
  let parse: RequestHandler;
  return (request, response, next) => {
    const wanted = bodyLimit(client.knownConfig?.limits.maxPromptBytes);
    if (wanted !== limit) {
      limit = wanted;
      parse = express.json({ limit, type: () => true, strict: false });
    }
    parse(request, response, (error?: unknown) => {
      if (error !== undefined) next(bodyError(error, wanted));
      else if (request.body === undefined) next(new RouterError("INVALID_REQUEST", "The request has no body; send JSON."));
      else next();
    });
  };
}

function bodyLimit(maxPromptBytes = defaultPromptBytes): number {
  return Math.min(2 * maxPromptBytes, ceilingBytes);
}

/** What the parser objects to, in our words: its own would quote the body. */
function bodyError(error: unknown, limit: number): unknown {
  const { type, message = "" } = error as { type?: string; message?: string };
  switch (type) {
    case "entity.too.large":
      return new RouterError("PROMPT_TOO_LARGE", `The body is larger than ${limit} bytes.`, { cause: error });
    case "entity.parse.failed":
      return new RouterError("INVALID_REQUEST", `The body is not JSON${placeOf(message)}.`, { cause: error });
    case "encoding.unsupported":
    case "charset.unsupported":
      return new RouterError("INVALID_REQUEST", `The body is encoded in a way that is not supported; send UTF-8, plain or gzip.`, {
        cause: error,
      });
    case "request.aborted":
    case "request.size.invalid":
      return new RouterError("INVALID_REQUEST", "The body ended before its announced length.", { cause: error });
    default:
      return error;
  }
}

function placeOf(message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? "" : ` (at byte ${position})`;
}
