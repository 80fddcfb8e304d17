import { isRecord } from "./canonical-json.ts";
import { imagesOf } from "./question.ts";
import type { Message, Request } from "./request.ts";
import type { Result } from "./result.ts";
import { isTimeRelative } from "./time-wording.ts";

/** Why a request or an answer stays out of the cache. */
export type CacheSkipReason = "bypass" | "temperature" | "tools" | "remote-image" | "time-relative" | "truncated" | "empty";

export type Eligibility = { eligible: true } | { eligible: false; reason: CacheSkipReason };

export interface EligibilityOptions {
  /** What is sent when the request leaves `temperature` unset (the model's `defaultTemperature`). */
  defaultTemperature?: number | undefined;
}

/** The highest temperature at which two calls may be taken to answer alike. */
export const maxCacheTemperature = 0.3;

/**
 * Whether an answer to this request may come from the cache, go into it, or be shared with an equal request in flight.
 * An unset temperature is the provider's default, so not eligible unless the model's default is 0.3 or less. Doubt is
 * a no: a miss costs one call, a wrong hit costs trust.
 */
export function eligibility(request: Request, options: EligibilityOptions = {}): Eligibility {
  if (request.cache === "bypass") return no("bypass");
  if (!isCold(request.temperature ?? options.defaultTemperature) || !temperaturesInside(request.providerOptions).every(isCold))
    return no("temperature");
  if (mayCallTools(request)) return no("tools");
  if (imagesOf(request).some((url) => /^\s*https?:/i.test(url))) return no("remote-image");
  if (userTexts(request).some(isTimeRelative)) return no("time-relative");
  return { eligible: true };
}

/** Whether an answer to an eligible request may be kept: complete, with text, without tool calls. */
export function answerEligibility(result: Pick<Result, "content" | "toolCalls" | "finishReason">): Eligibility {
  if ((result.toolCalls?.length ?? 0) > 0 || result.finishReason === "tool_calls") return no("tools");
  if (result.finishReason !== "stop") return no("truncated");
  return result.content.trim() === "" ? no("empty") : { eligible: true };
}

function no(reason: CacheSkipReason): Eligibility {
  return { eligible: false, reason };
}

function isCold(temperature: unknown): boolean {
  return typeof temperature === "number" && temperature <= maxCacheTemperature;
}

/** `providerOptions` are passed on as they are, so a temperature in them is the one that counts. */
function temperaturesInside(options: Request["providerOptions"]): unknown[] {
  const inner = options?.["options"];
  return [options?.["temperature"], isRecord(inner) ? inner["temperature"] : undefined].filter((value) => value !== undefined);
}

function mayCallTools({ tools, toolChoice }: Request): boolean {
  return (tools?.length ?? 0) > 0 && toolChoice !== "none";
}

/** The question and the user's earlier ones: "and in Paris?" may go on from "today's weather". */
function userTexts({ prompt, messages = [] }: Request): string[] {
  return [...(prompt === undefined ? [] : [prompt]), ...messages.filter(({ role }) => role === "user").map(textOf)];
}

function textOf({ content }: Message): string {
  return typeof content === "string" ? content : (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("\n");
}
