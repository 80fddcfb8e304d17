import { hash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import { type Question, imageHash, questionOf } from "./question.ts";
import type { Request } from "./request.ts";

export interface CacheKeyOptions {
  /** Whose request it is, where the caller does not say it itself (a gateway's API key). Wins over `request.tenant`. */
  tenant?: string | undefined;
  /** What is sent when the request leaves `temperature` unset (the model's `defaultTemperature`). */
  temperature?: number | undefined;
}

/** Raised when the rules below change, so that keys made by older ones match nothing. */
const version = 1;

/**
 * The partition of the cache that a request may read: SHA-256 of everything but the question's text that can change
 * the answer, each exactly as sent (unset is a value of its own). The model is not in it: whoever looks up takes only
 * an answer whose model is among the request's candidates.
 */
export function fingerprint(request: Request, options: CacheKeyOptions = {}): string {
  return fingerprintOf(request, questionOf(request), options);
}

/** The exact cache's key: SHA-256 of the fingerprint and the question as normalisePrompt leaves it. */
export function cacheKey(request: Request, options: CacheKeyOptions = {}): string {
  const question = questionOf(request);
  return sha256(`${fingerprintOf(request, question, options)}\n${JSON.stringify(normaliseTexts(question.texts))}`);
}

function fingerprintOf(request: Request, { history, rest }: Question, options: CacheKeyOptions): string {
  const { system, tools, toolChoice, responseFormat, images, stop, temperature, topP, seed, maxTokens, providerOptions } = request;
  return sha256(
    canonicalJson({
      version,
      tenant: options.tenant ?? request.tenant,
      system,
      history,
      rest,
      tools,
      toolChoice,
      responseFormat,
      images: images?.map(imageHash),
      stop,
      temperature,
      defaultTemperature: temperature === undefined ? options.temperature : undefined,
      topP,
      seed,
      maxTokens,
      providerOptions,
    }),
  );
}

/** NFC, CRLF → LF, white space trimmed at both ends; nothing else. */
export function normalisePrompt(text: string): string {
  return text.normalize("NFC").replaceAll("\r\n", "\n").trim();
}

/** The same over a message of several texts: trimmed only at the two ends of the whole. */
function normaliseTexts(texts: readonly string[]): string[] {
  const last = texts.length - 1;
  return texts.map((text, index) => {
    const plain = text.normalize("NFC").replaceAll("\r\n", "\n");
    const started = index === 0 ? plain.trimStart() : plain;
    return index === last ? started.trimEnd() : started;
  });
}

function sha256(text: string): string {
  return hash("sha256", text);
}
