import type { IncomingMessage } from "node:http";
import type { Client } from "@llm-router/client";
import { RouterError } from "@llm-router/contracts";
import type { RequestHandler } from "express";

const defaultPromptBytes = 4 * 1024 * 1024;
/** No body is larger than this, whatever `limits.maxPromptBytes` says. */
const ceilingBytes = 64 * 1024 * 1024;

/**
 * Reads a body as JSON, whatever its content type says: `curl -d` and Ollama's own examples send none that fits. It may be
 * twice as long as `limits.maxPromptBytes` (escapes), which the client then checks exactly. Express's own reader would take
 * in all of a body that is too large before it says so.
 * @throws {RouterError} PROMPT_TOO_LARGE, INVALID_REQUEST.
 */
export function jsonBody(client: Client): RequestHandler {
  return async (request, _response, next) => {
    const limit = Math.min(2 * (client.knownConfig?.limits.maxPromptBytes ?? defaultPromptBytes), ceilingBytes);
    request.body = parse(await readText(request, limit));
    next();
  };
}

function parse(text: string): unknown {
  if (text === "") throw new RouterError("INVALID_REQUEST", "The request has no body; send JSON.");
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words would quote the body.
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const place = position === undefined ? "" : ` (at character ${position})`;
    throw new RouterError("INVALID_REQUEST", `The body is not JSON${place}.`);
  }
}

function readText(request: IncomingMessage, limit: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { "content-encoding": encoding = "identity", "content-length": length = "0" } = request.headers;
  const tooLarge = () => new RouterError("PROMPT_TOO_LARGE", `The body is larger than ${limit} bytes.`);
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limit) {
      chunks.push(chunk);
      return;
    }
    // What still comes is thrown away by Node, once the answer is out.
    request.off("data", onData).pause();
    reject(tooLarge());
  };
  if (encoding !== "identity") reject(new RouterError("INVALID_REQUEST", "content-encoding: is not supported; send the body as it is."));
  else if (Number(length) > limit) reject(tooLarge());
  else {
    request.on("data", onData);
    request.once("end", () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? ""));
    request.once("error", (error) =>
      reject(new RouterError("INVALID_REQUEST", "The body ended before its announced length.", { cause: error })),
    );
  }
  return promise;
}
