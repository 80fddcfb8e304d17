import type { z } from "zod";
import { checkConfig } from "./config-checks.ts";
import { type Config, configSchema } from "./config.ts";
import { type ParsedText, formatWithLine, parseYaml } from "./config-yaml.ts";
import { RouterError } from "./errors.ts";
import { boundJsonSize } from "./json-size.ts";
import { type Problem, check, formatProblem } from "./problems.ts";

/**
 * Parses the text of a configuration file (YAML 1.2 or JSON). `${NAME}` stays a name: see expandSecrets.
 * @param name The file's name, for messages.
 * @throws {RouterError} CONFIG_INVALID with one line for each thing that is wrong, naming its path, its line and the fix.
 */
export function parseConfigText(text: string, name = "configuration"): Config {
  const { parsed, errors } = parseYaml(text);
  if (errors) throw configInvalid(name, errors);
  const config = parsed.value === null || parsed.value === undefined ? {} : parsed.value;
  return orThrow(checkedConfig(config), name, parsed);
}

/**
 * Parses a configuration given as an object.
 * @throws {RouterError} CONFIG_INVALID with one line for each thing that is wrong.
 */
export function parseConfig(input: unknown, name = "configuration"): Config {
  return orThrow(checkedConfig(input), name);
}

/**
 * Parses one part of a configuration, such as a model given in code: `parseConfigPart(modelSchema, input, ["models", "local"])`.
 * @throws {RouterError} CONFIG_INVALID as parseConfig does; its paths begin with `path`.
 */
export function parseConfigPart<Schema extends z.ZodType>(schema: Schema, input: unknown, path: readonly PropertyKey[]): z.output<Schema> {
  const { value, problems } = check(schema, input);
  if (!problems) return value;
  throw configInvalid(
    undefined,
    problems.map((problem) => formatProblem({ ...problem, path: [...path, ...problem.path] })),
  );
}

function checkedConfig(input: unknown): { value: Config; problems: Problem[] } | { value?: undefined; problems: Problem[] } {
  const { value, problems } = check(configSchema, input);
  if (problems) return { problems };
  // Free-form options may hold what Redis could not keep: NaN, or an alias to themselves.
  const { flaw } = boundJsonSize(value, Number.POSITIVE_INFINITY);
  return { value, problems: flaw ? [flaw] : checkConfig(value) };
}

function orThrow(checked: ReturnType<typeof checkedConfig>, name: string, parsed?: ParsedText): Config {
  if (checked.value && checked.problems.length === 0) return checked.value;
  throw configInvalid(
    name,
    checked.problems.map((problem) => (parsed ? formatWithLine(problem, parsed) : formatProblem(problem))),
  );
}

/** One problem stands on the line of the name, several on lines of their own. */
export function configInvalid(name: string | undefined, lines: readonly string[]): RouterError {
  const many = lines.length > 1;
  const head = name === undefined ? (many ? `${lines.length} problems:` : "") : `${name}:${many ? ` ${lines.length} problems:` : ""}`;
  return new RouterError(
    "CONFIG_INVALID",
    many ? [head, ...lines.map((line) => `  ${line}`)].join("\n") : `${head} ${lines.join("")}`.trim(),
  );
}
