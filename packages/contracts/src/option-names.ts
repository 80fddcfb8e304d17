import { configInvalid } from "./config-parse.ts";
import { nearest } from "./nearest.ts";

/** Every option of a constructor, by name: `satisfies OptionNames<Options>` holds the list to the type. */
export type OptionNames<Options> = Record<keyof Required<Options>, true>;

/**
 * Refuses what is no option: a misspelt one would be passed over in silence.
 * @param what For messages: `LLMRouter`.
 * @throws {RouterError} CONFIG_INVALID with a line for each, and the nearest known name.
 */
export function refuseUnknownOptions(what: string, options: object, known: Record<string, true>): void {
  const names = Object.keys(known);
  const lines = Object.keys(options)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => {
      const near = nearest(name, names);
      return `${name}: is not a known option; ${near ? `did you mean "${near}"?` : `known are ${names.join(", ")}`}.`;
    });
  if (lines.length > 0) throw configInvalid(`new ${what}()`, lines);
}
