import type { z } from "zod";

/** Sets of fields that are remembered: callers mostly send few different ones. */
const maxNarrowed = 64;

/**
 * A schema of only those fields that an input has, for each set of fields that comes. zod makes a payload for each field of a schema,
 * there or not, and runs a function as long as all of them; in a process that has not made thousands of calls yet that is
 * most of what a small input costs.
 * @param finish What is said of the whole, above its fields.
 */
export function narrowed<Fields extends z.ZodObject, Schema extends z.ZodType>(
  fields: Fields,
  finish: (fields: Fields) => Schema,
): (input: unknown) => Schema {
  const known = Object.keys(fields.shape);
  // Those that say nothing when they are absent: no fault, and no default.
  const silent = new Set(known.filter((name) => isSilent(fields.shape[name] as z.ZodType)));
  const whole = finish(fields);
  const schemas = new Map<string, Schema>();
  return (input) => {
    if (typeof input !== "object" || input === null) return whole;
    const there = known.filter((name) => name in input || !silent.has(name));
    const key = there.join();
    const remembered = schemas.get(key);
    if (remembered) return remembered;
    if (schemas.size >= maxNarrowed) return whole;
    const mask: Record<string, true> = Object.fromEntries(there.map((name) => [name, true]));
    // Its type is that of all fields: those left out are absent, as an optional field may be.
    const schema = finish(fields.pick(mask as never) as unknown as Fields);
    schemas.set(key, schema);
    return schema;
  };
}

function isSilent(field: z.ZodType): boolean {
  const { success, data } = field.safeParse(undefined);
  return success && data === undefined;
}
