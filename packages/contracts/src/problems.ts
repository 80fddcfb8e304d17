import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { formatPath, isSecretKey, show } from "./redact.ts";
import { expectation, shapeOf, shapesAt } from "./schema-shape.ts";

/** One thing that is wrong: where, and a sentence without its end that says what is there and what should be. */
export interface Problem {
  path: PropertyKey[];
  text: string;
}

export type Checked<T> = { value: T; problems?: undefined } | { value?: undefined; problems: Problem[] };

/**
 * Parses `input`; what is wrong comes back as sentences that name the fix and never show a secret.
 * @param narrow Gives the same schema as far as an input needs it, see narrowed().
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  narrow: (input: unknown) => Schema = () => schema,
): Checked<z.output<Schema>> {
  // An empty message marks an issue whose schema has no words of its own.
  const parsed = narrow(input).safeParse(input, { error: () => "" });
  if (parsed.success) return { value: parsed.data };
  return { problems: parsed.error.issues.flatMap((issue) => explain(schema, input, issue)) };
}

/** `path: text.`, the one form in which problems are written. */
export function formatProblem({ path, text }: Problem, place = ""): string {
  const where = formatPath(path);
  return `${where}${place}${where || place ? ": " : ""}${text}${/[.?!]$/.test(text) ? "" : "."}`;
}

type Issue = z.core.$ZodIssue;

function explain(schema: z.ZodType, input: unknown, issue: Issue): Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path: [...path, key], text: unknownKey(schema, path, key) }));
  if (issue.code === "invalid_key") return [{ path, text: issue.issues[0]?.message || "is not a valid name" }];
  if (issue.code === "invalid_union") {
    const deepest = deepestBranch(issue);
    if (deepest) return deepest.flatMap((inner) => explain(schema, input, { ...inner, path: [...path, ...inner.path] }));
  }
  const value = valueAt(input, path);
  if (issue.message !== "") return [{ path, text: issue.message }];
  const expected = expectation(shapesAt(shapeOf(schema), path));
  if (value === undefined) return [{ path, text: expected ? `is missing, and must be ${expected}` : "is missing" }];
  if (value === "") return [{ path, text: "is empty" }];
  const hint = typeof value === "string" && !path.some(isSecretKey) ? suggestion(schema, path, value) : "";
  return [{ path, text: `is ${show(value, path)}, but must be ${expected || "another value"}${hint}` }];
}

/** Of a union, the branch that the value was nearest to: it objects deepest inside, and not to the tag that tells the branches apart. None when all object to the whole. */
function deepestBranch(issue: Extract<Issue, { code: "invalid_union" }>): Issue[] | undefined {
  // A key that is not known is one inside.
  const depthOf = ({ code, path }: Issue): number => path.length + (code === "unrecognized_keys" ? 1 : 0);
  const depth = (branch: readonly Issue[]): number => Math.min(...branch.map(depthOf));
  const wrongTags = (branch: readonly Issue[]): number => branch.filter((inner) => inner.code === "invalid_value").length;
  const branches = issue.errors
    .filter((branch) => branch.length > 0)
    .toSorted((a, b) => depth(b) - depth(a) || wrongTags(a) - wrongTags(b) || a.length - b.length);
  const best = branches[0];
  return best && depth(best) > 0 ? [...best] : undefined;
}

function unknownKey(schema: z.ZodType, path: readonly PropertyKey[], key: string): string {
  const keys = shapesAt(shapeOf(schema), path).flatMap((shape) => Object.keys(shape.properties ?? {}));
  const near = nearest(key, keys);
  return `is not a known key; ${near ? `did you mean "${near}"?` : `known are ${[...new Set(keys)].join(", ")}`}`;
}

function suggestion(schema: z.ZodType, path: readonly PropertyKey[], value: string): string {
  const choices = shapesAt(shapeOf(schema), path)
    .flatMap((shape) => shape.enum ?? [])
    .filter((choice) => typeof choice === "string");
  const near = nearest(value, choices);
  return near ? ` (did you mean "${near}"?)` : "";
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
