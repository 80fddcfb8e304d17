import { check, formatProblem, RouterError } from "@llm-router/contracts";
import type { z } from "zod";

/**
 * A body as its schema says.
 * @param narrow Gives the same schema as far as a body needs it.
 * @throws {RouterError} INVALID_REQUEST that begins with the path of the first wrong field.
 */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown, narrow?: (body: unknown) => Schema): z.output<Schema> {
  const { value, problems } = check(schema, body, narrow);
  if (problems === undefined) return value;
  const [first] = problems;
  if (!first) throw new RouterError("INVALID_REQUEST", "The body is wrong.");
  throw new RouterError("INVALID_REQUEST", first.path.length === 0 ? `The body ${first.text}.` : formatProblem(first));
}

/** The path that such an error begins with. */
export function pathIn(message: string): string | undefined {
  return /^([\w-]+(?:\.[\w-]+|\[\d+\])*): /.exec(message)?.[1];
}
