import type { Backend, BackendRequest } from "@llm-router/contracts";
import { partsOf } from "./images.ts";

/** A backend as the registry hands it out: nothing is optional. */
export type RunnableBackend = Required<Backend>;

/** The texts of a request that a provider's error may echo. */
export function promptsOf(request: BackendRequest): string[] {
  const texts = request.messages.flatMap((message) => partsOf(message).map((part) => (part.type === "text" ? part.text : "")));
  return [request.prompt ?? "", request.system ?? "", ...texts].filter((text) => text !== "");
}
