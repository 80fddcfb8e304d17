import type { Request, Usage } from "@llm-router/contracts";
import type { Caller } from "./caller.ts";

/** What was granted to a caller for one request. */
export interface Admission {
  /** Called when the request has ended: what it used. Unknown (it was cancelled, or its caller left): what was reserved stays counted. */
  settle(usage?: Usage): void;
  /** Called instead when the queue refused it: it used nothing. */
  refused(): void;
}

/**
 * Asked for every prompt before it is handed to the queue: may this caller send it now?
 * May fill in `models` and `priority` of the request, where a restricted key leaves no other choice.
 * @throws {RouterError} RATE_LIMITED with `retryAfterMs`, FORBIDDEN for a class or model that the key may not use.
 */
export type Admit = (caller: Caller, request: Request) => Promise<Admission> | Admission;
