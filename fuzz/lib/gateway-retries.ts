import { setTimeout as delay } from "node:timers/promises";
import type { Answer, GatewayCall, GatewayDoor } from "./gateway-door.ts";
import { errorOf, isAway } from "./gateway-outcome.ts";
import type { PlannedRequest } from "./load.ts";

/** An answer, and the gateways that were asked for it, the one that gave it last. */
interface Asked {
  answer: Answer;
  asked: string[];
}

/** A caller with an idempotency key waits so long for an answer before it asks the other gateway, ms. */
const patienceMs = 2_500;
/** How often it asks again when it is told that Redis is away. */
const awayTries = 5;
/** Between two tries, ms. */
export const pauseMs = 60;
/** So often is a job asked for again that Redis does not know: its death took the job back, and whoever submitted it does so again. */
export const unknownTries = 60;

/** Undefined: the connection broke, and there is no key with which to ask again. */
export async function submit(door: GatewayDoor, planned: PlannedRequest, path: string): Promise<Asked | undefined> {
  const { request, gateway: first = 0, abortAfterMs } = planned;
  const { idempotencyKey, ...body } = request;
  const headers = { ...tenantOf(request), ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }) };
  const limitMs = idempotencyKey === undefined ? abortAfterMs : patienceMs;
  const asked: string[] = [];
  for (let away = 0, gateway = first; ; gateway++) {
    asked.push(door.nameOf(gateway));
    const signal = limitMs === undefined ? {} : { signal: AbortSignal.timeout(limitMs) };
    const answer = await door.ask({ gateway, path, method: "POST", body, headers, ...signal });
    if (answer && (idempotencyKey === undefined || !isAway(answer) || ++away > awayTries)) return { answer, asked };
    if (!answer && idempotencyKey === undefined) return undefined;
    await delay(pauseMs);
  }
}

/** For what may be asked as often as one likes: at the other gateway when the connection breaks or Redis is away. */
export async function askUntilKnown(door: GatewayDoor, call: GatewayCall): Promise<Asked> {
  const asked: string[] = [];
  for (let unknown = 0, { gateway } = call; ; gateway++) {
    asked.push(door.nameOf(gateway));
    const answer = await door.ask({ ...call, gateway, signal: AbortSignal.timeout(patienceMs) });
    if (answer && !isAway(answer)) return { answer, asked };
    if (answer && errorOf(answer).code === "UNKNOWN_REQUEST" && ++unknown > unknownTries) return { answer, asked };
    await delay(pauseMs);
  }
}

export function tenantOf({ tenant }: PlannedRequest["request"]): Record<string, string> {
  return tenant === undefined ? {} : { "x-tenant": tenant };
}
