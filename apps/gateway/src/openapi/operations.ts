import { requestSchema } from "@llm-router/contracts";
import { z } from "zod";
import { listQuery, purgeQuery, replayBody } from "../routes/dead-letters.ts";
import * as schemas from "./schemas.ts";

export interface Operation {
  id: string;
  method: "get" | "post" | "delete";
  /** `{id}` stands for a path parameter. */
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Whether it may be left out. */
  optionalBody?: boolean;
  headers?: Record<string, string>;
  /** By status: what a body holds, or the type of one that is no JSON; undefined: there is none. */
  answers: Record<number, z.ZodType | `${string}/${string}` | undefined>;
  /** Needs an admin key, or no key at all. */
  access?: "admin" | "open";
}

const wishes = {
  "x-priority": "critical, high, normal, low, or a number from 1 to 3999; wins over `priority`.",
  "x-timeout-ms": "The whole budget, ms; wins over `timeoutMs`.",
  "x-cache": "use, bypass, refresh or only; wins over `cache`.",
  "idempotency-key": "A repeated one gives the answer of the first call.",
  "x-on-disconnect": "cancel or continue: what becomes of the request when the connection breaks.",
};

/** Every route of ours, in the order of the page. OpenAI's and Ollama's are described by those who made them. */
export const operations: readonly Operation[] = [
  {
    id: "generate",
    method: "post",
    path: "/generate",
    summary: "Submits a request (with `prompt` or `messages`) and waits for its answer.",
    body: requestSchema,
    headers: wishes,
    answers: { 200: schemas.result },
  },
  {
    id: "submitJob",
    method: "post",
    path: "/v1/jobs",
    summary: "Submits a request (with `prompt` or `messages`) and returns at once.",
    body: requestSchema,
    headers: wishes,
    answers: { 202: schemas.accepted },
  },
  { id: "getJob", method: "get", path: "/v1/jobs/{id}", summary: "Where a job is, or how it ended.", answers: { 200: schemas.job } },
  {
    id: "followJob",
    method: "get",
    path: "/v1/jobs/{id}/events",
    summary: "A job's events and deltas as server-sent events, until it has ended.",
    query: z.object({ from: z.string().optional() }),
    headers: { "last-event-id": "The last event that was received, as `from`; reading goes on after it." },
    // 204: it has ended, and nothing is left to read.
    answers: { 200: "text/event-stream", 204: undefined },
  },
  {
    id: "getJobHistory",
    method: "get",
    path: "/v1/jobs/{id}/history",
    summary: "Every decision that was taken about a job.",
    answers: { 200: schemas.history },
  },
  {
    id: "cancelJob",
    method: "delete",
    path: "/v1/jobs/{id}",
    summary: "Cancels a job wherever it is; says how it ended, if it had.",
    answers: { 200: schemas.ended },
  },
  {
    id: "listDeadLetters",
    method: "get",
    path: "/v1/dead-letters",
    summary: "Failed requests that are kept for replay, newest first.",
    query: listQuery,
    answers: { 200: schemas.deadLetters },
  },
  {
    id: "replayDeadLetter",
    method: "post",
    path: "/v1/dead-letters/{id}/replay",
    summary: "Submits a failed request again, under a new id.",
    body: replayBody,
    optionalBody: true,
    answers: { 202: schemas.replayed },
  },
  {
    id: "purgeDeadLetter",
    method: "delete",
    path: "/v1/dead-letters/{id}",
    summary: "Forgets a failed request for good.",
    answers: { 200: schemas.purged },
  },
  {
    id: "purgeDeadLetters",
    method: "delete",
    path: "/v1/dead-letters",
    summary: "Forgets all failed requests that match.",
    query: purgeQuery,
    answers: { 200: schemas.purged },
  },
  {
    id: "getStats",
    method: "get",
    path: "/v1/admin/stats",
    summary: "Counters of the namespace.",
    answers: { 200: schemas.stats },
    access: "admin",
  },
  {
    id: "getModels",
    method: "get",
    path: "/v1/admin/models",
    summary: "Every model: its queue, breaker and workers.",
    answers: { 200: schemas.models },
    access: "admin",
  },
  {
    id: "getWorkers",
    method: "get",
    path: "/v1/admin/workers",
    summary: "Worker processes that live.",
    answers: { 200: schemas.workers },
    access: "admin",
  },
  { id: "getMetrics", method: "get", path: "/metrics", summary: "Prometheus's page.", answers: { 200: "text/plain" }, access: "admin" },
  {
    id: "getHealth",
    method: "get",
    path: "/healthz",
    summary: "Whether the process lives.",
    answers: { 200: schemas.health },
    access: "open",
  },
  {
    id: "getReadiness",
    method: "get",
    path: "/readyz",
    summary: "Whether it can take requests.",
    answers: { 200: schemas.readiness, 503: schemas.readiness },
    access: "open",
  },
  {
    id: "getOpenApi",
    method: "get",
    path: "/openapi.json",
    summary: "This document.",
    answers: { 200: z.record(z.string(), z.unknown()) },
    access: "open",
  },
];
