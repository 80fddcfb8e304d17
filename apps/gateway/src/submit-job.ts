import type { JobHandle } from "@llm-router/client";
import type { Request, Usage } from "@llm-router/contracts";
import type { Request as HttpRequest, Response } from "express";
import type { Ports } from "./ports.ts";

/** A request that was accepted, and what becomes of it. */
export interface Submitted {
  job: JobHandle;
  /** Whether it ends when its caller goes away. */
  cancelsWithCaller: boolean;
  /** Tells the caller's limits what it used. Called once. */
  settle: (usage?: Usage) => void;
}

/** Of callers that wait for their answer, ms. */
const waitingTimeoutMs = 120_000;

/** Submits what a caller wants to wait for. Its answer may be streamed (then its parts are kept, too). @throws {RouterError} why it was refused. */
export function submitAndWait(ports: Ports, http: HttpRequest, response: Response, asked: Request, streamed: boolean): Promise<Submitted> {
  return submitJob(ports, http, response, {
    timeoutMs: waitingTimeoutMs,
    ...asked,
    stream: streamed,
    // Whoever repeats a key wants the answer of the first call: it must not end with that call's connection.
    onDisconnect: asked.onDisconnect ?? (asked.idempotencyKey === undefined ? "cancel" : "continue"),
    onBrokenStream: asked.onBrokenStream ?? (streamed ? "error" : "restart"),
  });
}

/** Submits it in the name of its caller. From here on the answer carries the job's id. @throws {RouterError} why it was refused. */
export async function submitJob(ports: Ports, http: HttpRequest, response: Response, asked: Request): Promise<Submitted> {
  const { caller } = http;
  const request = caller.tenant === undefined ? asked : { ...asked, tenant: caller.tenant };
  const admission = await ports.admit(caller, request);
  try {
    const job = await ports.client.enqueue(request);
    http.id = job.id;
    response.setHeader("x-request-id", job.id);
    return { job, cancelsWithCaller: request.onDisconnect === "cancel", settle: (usage) => admission.settle(usage) };
  } catch (error) {
    admission.refused();
    throw error;
  }
}
