import { cacheMode, type Request, RouterError } from "@llm-router/contracts";
import type { Request as HttpRequest } from "express";
import { z } from "zod";

/** What a caller may ask of the router beside the prompt. */
export type Wishes = Pick<Request, "priority" | "timeoutMs" | "cache" | "idempotencyKey" | "onDisconnect">;

/** Headers and fields of `metadata` that say the same; the header wins. */
const wishes = [
  { header: "x-priority", field: "priority" },
  { header: "x-timeout-ms", field: "timeoutMs" },
  { header: "x-cache", field: "cache" },
  { header: "idempotency-key", field: "idempotencyKey" },
  { header: "x-on-disconnect", field: "onDisconnect" },
] as const;

const number = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
const schemas = {
  // Which names and numbers there are is for the queue to say.
  priority: z.union([number, z.string()]),
  timeoutMs: number,
  cache: cacheMode,
  idempotencyKey: z.string(),
  onDisconnect: z.enum(["cancel", "continue"]),
} as const;

const expected = {
  priority: "critical, high, normal, low or an integer from 1 to 3999",
  timeoutMs: "a whole number of milliseconds",
  cache: "use, bypass, refresh or only",
  idempotencyKey: "text",
  onDisconnect: "cancel or continue",
} as const;

/**
 * Reads them from headers, then from `metadata`.
 * @returns what was asked for, and the metadata without it.
 * @throws {RouterError} INVALID_REQUEST naming the header or field.
 */
export function readWishes(request: HttpRequest, metadata: Readonly<Record<string, unknown>> = {}): { wishes: Wishes; metadata?: object } {
  const asked: Record<string, unknown> = {};
  for (const { header, field } of wishes) {
    const fromHeader = request.headers[header];
    const [place, value] = fromHeader === undefined ? [`metadata.${field}`, metadata[field]] : [header, fromHeader];
    if (value === undefined || value === null || value === "") continue;
    const { success, data } = schemas[field].safeParse(value);
    if (!success) throw new RouterError("INVALID_REQUEST", `${place}: must be ${expected[field]}.`);
    asked[field] = data;
  }
  const rest = Object.entries(metadata).filter(([name]) => !(name in schemas));
  return { wishes: asked, ...(rest.length > 0 && { metadata: Object.fromEntries(rest) }) };
}
