import type { Outcome, Result } from "@llm-router/contracts";
import type { Answer } from "./gateway-door.ts";

type ErrorBody = Pick<Exclude<Outcome, { state: "completed" }>["error"], "code" | "message"> &
  Pick<Result, "attempts" | "skipped"> & { id?: string };

/** Not how a request ended, but that this gateway cannot say it. */
const unknownEnd = new Set(["REDIS_UNAVAILABLE", "SHUTTING_DOWN", "INTERNAL", "UNKNOWN_REQUEST"]);

/** What a gateway's error says. */
export function errorOf({ body, status }: Answer): ErrorBody {
  const error = body["error"] as ErrorBody | undefined;
  return (
    error ?? {
      code: "INTERNAL",
      message: `status ${status} without an error: ${JSON.stringify(body).slice(0, 200)}`,
      attempts: [],
      skipped: [],
    }
  );
}

/** Whether another try, or another gateway, may say more. */
export function isAway(answer: Answer): boolean {
  return answer.status >= 400 && unknownEnd.has(errorOf(answer).code);
}

/** How the request of POST /generate ended; undefined for a refusal. */
export function outcomeOfAnswer(answer: Answer): Outcome | undefined {
  if (answer.status === 200) return completed(answer.body as unknown as Result);
  const error = errorOf(answer);
  return error.id === undefined || isAway(answer) ? undefined : failed(error.id, error);
}

/** How the job of GET /v1/jobs/:id ended; undefined while it is open. */
export function outcomeOfView({ body }: Answer): Outcome | undefined {
  if (body["state"] === "completed") return completed(body["result"] as Result);
  const error = body["error"] as ErrorBody | undefined;
  return error && failed(String(body["id"]), error);
}

function completed(result: Result): Outcome {
  return { state: "completed", id: result.id, result };
}

function failed(id: string, { code, message, attempts, skipped }: ErrorBody): Outcome {
  return { state: stateOf(code), id, error: { code, message }, attempts, skipped, latencyMs: 0 };
}

/** The outcome's state that an error stands for. */
export function stateOf(code: string): "cancelled" | "expired" | "failed" {
  if (code === "CANCELLED") return "cancelled";
  return code === "DEADLINE_EXCEEDED" ? "expired" : "failed";
}
