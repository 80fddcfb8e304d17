import { parseArgs } from "node:util";

export interface BenchOptions<T> {
  /** Print one JSON object as the last line of stdout. */
  json: boolean;
  values: T;
}

/**
 * Reads `--json` and the bench's own numbers (`--rounds 7`), which default to `defaults`.
 * @throws Error for an unknown option, or a value that is no positive number.
 */
export function readOptions<T extends Record<string, number>>(defaults: T, args = process.argv.slice(2)): BenchOptions<T> {
  const flags = Object.fromEntries(Object.keys(defaults).map((name) => [kebab(name), { type: "string" as const }]));
  const given: Record<string, unknown> = parseArgs({ args, options: { ...flags, json: { type: "boolean" } } }).values;
  const values: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(defaults)) {
    const text = given[kebab(name)];
    const value = text === undefined ? fallback : Number(text);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${kebab(name)} takes a whole number from 1 on, not ${String(text)}`);
    values[name] = value;
  }
  return { json: given["json"] === true, values: values as T };
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
