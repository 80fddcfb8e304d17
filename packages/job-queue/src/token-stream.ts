import type { Delta, Event } from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import type { Run } from "./run.ts";
import type { QueueContext } from "./scripts.ts";

/** A delta as a worker hands it over: the script gives it its epoch and seq. */
export type NewDelta = Omit<Delta, "epoch" | "seq">;

/**
 * Appends deltas to a request's stream in one step; one provider chunk stays one delta.
 * @param from Number of the first delta within its run, from 0: those that are in the stream already are not written twice (default: the next).
 * @returns The seq of the last one; undefined when the run is void (settled, or granted to another worker); "gap" when Redis lost
 * deltas that came before these (it died and forgot them), so that these may not follow.
 */
export async function appendDeltas(
  context: QueueContext,
  { id, epoch, lockToken }: Pick<Run, "id" | "epoch" | "lockToken">,
  deltas: readonly NewDelta[],
  from?: number,
): Promise<number | "gap" | undefined> {
  const last = await context
    .run("append", [id, epoch, lockToken, from ?? "", ...deltas.map((delta) => JSON.stringify(delta))])
    .catch((error: unknown) => {
      throw redisError(error, "appending tokens");
    });
  if (Number(last) === -2) return "gap";
  return Number(last) < 0 ? undefined : Number(last);
}

/** Events and deltas in one entry of a stream or of a reply stream. Entries name what they hold: `v` an event, `d` deltas. */
export function parseStreamFields(fields: ReadonlyMap<string, string>): Event[] {
  const event = fields.get("v");
  if (event !== undefined) return [JSON.parse(event) as Event];
  const deltas = fields.get("d");
  if (deltas === undefined) return [];
  return (JSON.parse(deltas) as Delta[]).map((delta) => ({ type: "delta", seq: delta.seq, delta }));
}

export function fieldMap(fields: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) map.set(fields[i] ?? "", fields[i + 1] ?? "");
  return map;
}

/** What a request's stream holds after `from` (a seq; 0: from the start), in order. Empty when the stream has expired or was never written. */
export async function readStream(context: QueueContext, id: string, from: number, limit = 1_000): Promise<Event[]> {
  // An entry's id is the seq of its last delta, so the first entry above `from` is the one that may begin before it.
  const entries = await context.redis.xrange(context.keys.stream(id), `${from + 1}-0`, "+", "COUNT", limit).catch((error: unknown) => {
    throw redisError(error, "reading the stream");
  });
  return entries.flatMap(([, fields]) => parseStreamFields(fieldMap(fields))).filter((event) => event.seq > from);
}
