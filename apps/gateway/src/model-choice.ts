import { modelNamePattern, type Request, RouterError, suggestModelName } from "@llm-router/contracts";

/**
 * What a model's name in a request asks for: `auto` leaves the choice to the class's route, `auto:high` also names the class.
 * @throws {RouterError} UNKNOWN_MODEL for what no model can be called, such as a provider's own name with a colon.
 */
export function modelChoice(name: string): Pick<Request, "model" | "priority"> {
  if (name === "auto") return {};
  if (name.startsWith("auto:")) return { priority: name.slice("auto:".length) };
  if (!modelNamePattern.test(name)) {
    throw new RouterError("UNKNOWN_MODEL", `No such model: ${name.slice(0, 120)} (a name like that would be ${suggestModelName(name)}).`);
  }
  return { model: name };
}
