import type { JobHandle } from "@llm-router/client";
import { type Event, RouterError } from "@llm-router/contracts";
import type { Request as HttpRequest, Response } from "express";
import { Departure, shuttingDown } from "../departure.ts";
import { knownError } from "../known-error.ts";
import type { Ports } from "../ports.ts";
import { StreamWriter } from "../stream-writer.ts";

const endings: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "expired"] satisfies Event["type"][]);

/** The last event that the reader has: `Last-Event-ID`, as browsers send it by themselves, or `?from=`. @throws {RouterError} INVALID_REQUEST. */
export function readFrom(http: HttpRequest): number {
  const header = http.get("last-event-id");
  const [place, value] = header === undefined ? ["from", http.query["from"]] : ["Last-Event-ID", header];
  if (value === undefined || value === "") return 0;
  if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) {
    throw new RouterError("INVALID_REQUEST", `${place}: must be the id of an event, a whole number.`);
  }
  return Number(value);
}

/**
 * Streams a job's events and deltas after `from` as server-sent events, to its end. Reading cancels nothing, and whoever was
 * cut off reads on with the last id it has, at any gateway.
 */
export async function followJob(ports: Ports, http: HttpRequest, response: Response, job: JobHandle, from: number): Promise<void> {
  using departure = new Departure(ports, response);
  const begin = () => {
    response.setHeader("content-type", "text/event-stream; charset=utf-8");
    response.setHeader("cache-control", "no-cache");
    response.setHeader("x-accel-buffering", "no");
    response.setHeader("x-request-id", job.id);
  };
  using writer = new StreamWriter({ response, begin, keepAlive: () => ": still here\n\n" });
  try {
    for await (const batch of job.eventBatches(from, { signal: departure.signal })) {
      const text = batch.map(toServerSentEvent).join("");
      if (endings.has(batch.at(-1)?.type ?? "")) return writer.end(text);
      await writer.write(text);
    }
    if (departure.left === "gateway") throw shuttingDown(job.id);
    if (departure.left !== undefined) return;
    // Nothing is left to read: 204 tells a browser not to come back.
    if (response.headersSent) writer.end("");
    else response.writeHead(204).end();
  } catch (error) {
    if (!response.headersSent) throw error;
    writer.end(`event: error\ndata: ${JSON.stringify({ error: knownError(error, http, ports.logger) })}\n\n`);
  }
}

function toServerSentEvent(event: Event): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
