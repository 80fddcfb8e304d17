import { asList, type QueueContext, type ScriptArgument } from "./scripts.ts";
import { TurnBatches } from "./turn-batches.ts";

/** Requests of one call at most: the script holds Redis for some 60 µs for each, and Redis its arguments until the last. */
const mostAtOnce = 16;
const mostCharacters = 262_144;

/** Sends what a process dispatches, each as the arguments of its request: much of what one costs Redis, and this process, is the same for all of a turn. */
type DispatchRequests = TurnBatches<readonly ScriptArgument[], unknown>;

function createDispatchRequests(context: QueueContext): DispatchRequests {
  return new TurnBatches({
    mostAtOnce,
    mostSize: mostCharacters,
    sizeOf: (args) => args.reduce<number>((sum, arg) => sum + (typeof arg === "string" ? arg.length : 0), 0),
    send: async (requests) => asList(await context.run("dispatch", requests.flat())),
  });
}

const all = new WeakMap<QueueContext, DispatchRequests>();

/** The requests that go over this connection. */
export function dispatchRequestsOf(context: QueueContext): DispatchRequests {
  const requests = all.get(context) ?? createDispatchRequests(context);
  all.set(context, requests);
  return requests;
}
