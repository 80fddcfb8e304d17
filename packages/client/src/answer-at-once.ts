import type { Outcome, PriorityClass } from "@llm-router/contracts";
import { type CachedAnswer, type DispatchInput, outcomeOfCached } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";
import { watch } from "./observe.ts";
import type { Submitted } from "./submit.ts";

/** Gives a request the answer that the exact cache had for it. Redis is told of it behind. */
export function answerAtOnce(
  connection: Connection,
  order: Omit<DispatchInput, "data">,
  priorityClass: PriorityClass,
  answer: CachedAnswer,
): Submitted {
  const { id, tenant } = order;
  const outcome = outcomeOfCached(id, answer);
  connection.hitShare.note(true);
  connection.bookings.add({ order, entry: answer.entry, outcome });
  const pending = connection.pending.open(id, Number.POSITIVE_INFINITY);
  watch(connection, { class: priorityClass, tenant }, pending).accepted(id);
  pending.settle(JSON.parse(outcome) as Outcome);
  return { id, pending, expectedWaitMs: undefined };
}
