import type { Client } from "@llm-router/client";
import type { Logger } from "@llm-router/service-kit";
import type { Admit } from "./admission.ts";

/** What every route works with. */
export interface Ports {
  /** The only way to the queue. */
  client: Client;
  logger: Logger;
  admit: Admit;
  /** Aborts when the gateway's grace period is over. */
  closing: AbortSignal;
  /** The answers in hand: each is called when the gateway closes, and ends itself. */
  answers: Set<() => void>;
}
