import { type Attempt, type Event, priorityClasses, type RequestStatus, type Skipped } from "@llm-router/client";

/** A request's life, a line an event: when, what, where and why. Times are ms since its acceptance. */
export function formatLife(status: RequestStatus, history: readonly Event[]): string {
  const { id, acceptedAt, deadlineAt, tenant, classRank, priority, state, outcome } = status;
  const head = [
    `request   ${id}`,
    `accepted  ${new Date(acceptedAt).toISOString()}, budget ${deadlineAt - acceptedAt} ms`,
    `priority  ${priorityClasses[classRank] ?? classRank} (${priority})${tenant === "" ? "" : `, tenant ${tenant}`}`,
    `state     ${state}${status.position === undefined ? "" : `, ${status.position}. in the queue of ${status.model}`}`,
  ];
  const life = history.flatMap((event) => eventLines(event, acceptedAt));
  return [
    ...head,
    "",
    ...life,
    ...(outcome && outcome.state !== "completed" ? ["", `${outcome.error.code}: ${outcome.error.message}`] : []),
  ].join("\n");
}

function eventLines({ type, at = 0, model, detail = {} }: Event, acceptedAt: number): string[] {
  const { reason, from, attempt, skipped, ...more } = detail as EventDetail;
  const facts = Object.entries(more).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const what = [
    type,
    ...(model === undefined ? [] : [from === undefined ? model : `${from} → ${model}`]),
    ...(reason === undefined ? [] : [`(${reason})`]),
  ];
  const indent = " ".repeat(11);
  return [
    `${`+${at - acceptedAt} ms`.padEnd(11)}${what.join(" ")}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`,
    ...(attempt === undefined
      ? []
      : [
          `${indent}call of ${attempt.model}: ${attempt.outcome} after ${attempt.runMs} ms${attempt.message === undefined ? "" : `, ${attempt.message}`}`,
        ]),
    ...(skipped ?? []).map((candidate) => `${indent}not ${candidate.model}: ${candidate.reason}`),
  ];
}

interface EventDetail {
  reason?: string;
  from?: string;
  attempt?: Attempt;
  skipped?: Skipped[];
}
