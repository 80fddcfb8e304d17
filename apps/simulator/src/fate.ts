import type { Outage } from "./control.ts";

/** What befalls one call, decided when it arrives. */
export type Fate =
  | { kind: "answer" }
  | { kind: "status"; status: number; message: string | undefined; retryAfterSeconds: number | undefined }
  | { kind: "rate-limit"; retryAfterSeconds: number }
  | { kind: "busy" | "reset" | "hang" | "garbage" }
  | { kind: "break"; how: "stall" | "cut" | "end" | "error"; after: number; message: string | undefined };

/** What an outage does to the calls that meet it. */
export function fateOf(outage: Outage): Fate {
  switch (outage.mode) {
    case "status":
      return { kind: "status", status: outage.status, message: outage.message, retryAfterSeconds: outage.retryAfterSeconds };
    case "rate-limit":
      return { kind: "rate-limit", retryAfterSeconds: outage.retryAfterSeconds };
    case "stall-after":
      return { kind: "break", how: "stall", after: outage.tokens, message: undefined };
    case "cut-after":
      return { kind: "break", how: "cut", after: outage.tokens, message: undefined };
    case "end-without-done":
      return { kind: "break", how: "end", after: outage.tokens, message: undefined };
    case "error-after":
      return { kind: "break", how: "error", after: outage.tokens, message: outage.message };
    case "refuse": // a request that was read before its connection was cut
      return { kind: "reset" };
    default:
      return { kind: outage.mode };
  }
}
