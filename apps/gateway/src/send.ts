import type { ServerResponse } from "node:http";

/** Answers with JSON. Express's own `json()` also makes entity tags and looks at the request, which no answer of ours needs. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}
