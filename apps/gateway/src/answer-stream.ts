import type { JobHandle } from "@llm-router/client";
import { type Delta, type Event, RouterError, type Request, type Result } from "@llm-router/contracts";
import type { Request as HttpRequest, Response } from "express";
import { type AnswerFacts, factsOf, setAnswerHeaders } from "./answer-headers.ts";
import { ignoreAway } from "./answer-plain.ts";
import { Departure, shuttingDown } from "./departure.ts";
import { knownError } from "./known-error.ts";
import type { Ports } from "./ports.ts";
import { StreamWriter } from "./stream-writer.ts";
import { submitAndWait } from "./submit-job.ts";

/** How an API writes a streamed answer. Each method returns text for the body. */
export interface StreamFormat {
  delta(delta: Delta, model: string): string;
  end(result: Result): string;
  /** After the stream has begun; before that an error has its status. */
  fail(error: RouterError): string;
  keepAlive(model: string): string;
}

export interface StreamApi {
  contentType: string;
  /** A writer for one answer. */
  open(job: { id: string }): StreamFormat;
}

/**
 * Submits a request and streams its answer as it comes. The head goes out with the first part, so that what fails before
 * still gets its status.
 * @throws {RouterError} why it was refused, or how it ended, as long as nothing was sent.
 */
export async function answerStream(ports: Ports, http: HttpRequest, response: Response, asked: Request, api: StreamApi): Promise<void> {
  using departure = new Departure(ports, response);
  const { job, cancelsWithCaller, settle } = await submitAndWait(ports, http, response, asked, true);
  const format = api.open(job);
  const facts: AnswerFacts = { model: asked.model ?? "auto", cached: false, waitMs: 0, attempts: 0 };
  const begin = () => {
    response.setHeader("content-type", api.contentType);
    response.setHeader("cache-control", "no-cache");
    // Buffering proxies would hold the tokens back.
    response.setHeader("x-accel-buffering", "no");
    setAnswerHeaders(response, facts);
  };
  using writer = new StreamWriter({ response, begin, keepAlive: () => format.keepAlive(facts.model) });
  let result: Result | undefined;
  try {
    result = await copyDeltas({ job, departure, facts, format, writer });
    if (result) return;
    if (departure.left === "gateway") throw shuttingDown(job.id);
    if (cancelsWithCaller) await job.cancel("The caller went away.").catch(ignoreAway);
  } catch (error) {
    if (!response.headersSent) throw error;
    writer.end(format.fail(knownError(error, http, ports.logger)));
  } finally {
    settle(result?.usage);
  }
}

interface Copy {
  job: JobHandle;
  departure: Departure;
  facts: AnswerFacts;
  format: StreamFormat;
  writer: StreamWriter;
}

/** Writes an answer to its end. Undefined: somebody left before. */
async function copyDeltas({ job, departure, facts, format, writer }: Copy): Promise<Result | undefined> {
  let began = false;
  let rest = "";
  for await (const batch of job.eventBatches(0, { signal: departure.signal })) {
    let text = "";
    for (const event of batch) {
      noteRun(facts, event);
      if (!event.delta) continue;
      if (event.delta.restart) {
        if (began)
          throw new RouterError("STREAM_BROKEN", "The answer began anew on another run after a part of it was sent.", { id: job.id });
        continue;
      }
      // An answer that no run gave is there as a whole.
      if (facts.attempts === 0) Object.assign(facts, factsOf(await job.streamedResult()));
      began = true;
      text += format.delta(event.delta, facts.model);
    }
    if (text === "") continue;
    // The last parts go out with the end, in one write.
    if (isEnding(batch.at(-1))) rest = text;
    else await writer.write(text);
  }
  if (departure.left !== undefined) return undefined;
  const result = await departure.or(job.streamedResult());
  if (result) {
    if (!began) Object.assign(facts, factsOf(result));
    writer.end(rest + format.end(result));
  }
  return result;
}

function isEnding(event: Event | undefined): boolean {
  return event?.type === "completed";
}

function noteRun(facts: AnswerFacts, { type, model, detail }: Event): void {
  if (type === "queued" && typeof detail?.["cacheSkip"] === "string") facts.cacheSkip = detail["cacheSkip"];
  if (type !== "started") return;
  facts.attempts += 1;
  if (model !== undefined) facts.model = model;
  if (typeof detail?.["waitMs"] === "number") facts.waitMs = detail["waitMs"];
}
