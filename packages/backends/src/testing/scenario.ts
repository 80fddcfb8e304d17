import type { Backend, FinishReason } from "@llm-router/contracts";

/** How the provider behind the backend behaves in one test. Tokens are what it sends, each in a chunk of its own. */
export type Scenario =
  | {
      kind: "answer";
      tokens: readonly string[];
      finishReason?: Extract<FinishReason, "stop" | "length" | "content_filter">;
      reasoning?: string;
      latencyMs?: number;
    }
  /** The model calls these tools, where the request offers tools. */
  | { kind: "tools"; calls: readonly { name: string; arguments: Record<string, unknown> }[] }
  /** Sends tokens until its caller leaves. */
  | { kind: "endless" }
  /** Accepts the call and never sends a byte. */
  | { kind: "hang" }
  /** Goes silent after so many of the tokens; the connection stays open. */
  | { kind: "stall"; tokens: readonly string[]; after: number }
  /** Closes the connection after so many of the tokens, as a killed server does. */
  | { kind: "cut"; tokens: readonly string[]; after: number }
  /** Ends its answer properly after so many of the tokens, but without its end mark. */
  | { kind: "end-early"; tokens: readonly string[]; after: number }
  /** Reports an error inside the stream after so many of the tokens. */
  | { kind: "break-off"; tokens: readonly string[]; after: number }
  /** Nobody listens. */
  | { kind: "refuse" }
  /** Closes the connection without a byte. */
  | { kind: "reset" }
  /** Answers with an error status. */
  | { kind: "status"; status: number; message: string; retryAfterSeconds?: number };

/** A backend whose provider plays a scenario. */
export interface BackendUnderTest extends AsyncDisposable {
  backend: Backend;
  /** The provider's name of its model. */
  model: string;
  /** The provider answers in words of its own: the tests then look at the shape of an answer, not at its text. */
  ownWords?: boolean;
  /** Resolves when the provider has a call under way. */
  callBegan(): Promise<void>;
  /** Resolves when the provider sees that its caller left. */
  callerLeft(): Promise<void>;
}

/** A reason why the scenario cannot be played, such as a real server that cannot be made to hang. */
export interface NotApplicable {
  skip: string;
}

export type BackendSetup = (scenario: Scenario) => Promise<BackendUnderTest | NotApplicable>;
