import type { Request } from "@llm-router/contracts";

/** What a model's name in a request asks for: `auto` leaves the choice to the class's route, `auto:high` also names the class. */
export function modelChoice(name: string): Pick<Request, "model" | "priority"> {
  if (name === "auto") return {};
  if (name.startsWith("auto:")) return { priority: name.slice("auto:".length) };
  return { model: name };
}
