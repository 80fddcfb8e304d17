import { parseRequest, type Request, RouterError } from "@llm-router/contracts";
import type { Request as HttpRequest } from "express";
import { readWishes } from "../wishes.ts";

/**
 * A body that is a request in our own words; headers win over its fields.
 * @throws {RouterError} INVALID_REQUEST naming the field; FORBIDDEN for a tenant that is not the caller's.
 */
export function readRequest(http: HttpRequest): Request {
  const request: Request = { ...parseRequest(http.body, { maxPromptBytes: Number.POSITIVE_INFINITY }), ...readWishes(http).wishes };
  const { caller } = http;
  if (request.tenant !== undefined && !caller.seesAll && request.tenant !== caller.tenant) {
    throw new RouterError("FORBIDDEN", "tenant: is another one than this caller's.");
  }
  return request;
}
