import type { Request, Usage } from "@llm-router/contracts";
import type { Caller } from "./caller.ts";

/** What was granted to a caller for one request. */
export interface Admission {
  /** Called once, when the request has ended or was refused: what it used, where that is known. */
  settle(usage?: Usage): void;
}

/**
 * Asked for every prompt before it is handed to the queue: may this caller send it now?
 * May fill in `models` and `priority` of the request, where a restricted key leaves no other choice.
 * @throws {RouterError} RATE_LIMITED with `retryAfterMs`, FORBIDDEN for a class or model that the key may not use.
 */
export type Admit = (caller: Caller, request: Request) => Promise<Admission> | Admission;
