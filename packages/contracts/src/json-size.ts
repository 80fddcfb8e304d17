/** A value that JSON cannot carry, and where. */
interface JsonFlaw {
  path: PropertyKey[];
  text: string;
}

export interface JsonSize {
  /** Whether its JSON is certainly longer than the bound. */
  tooLarge: boolean;
  /** The first thing that JSON cannot carry. */
  flaw?: JsonFlaw;
  /** No fewer bytes than its JSON has. */
  atMostBytes: number;
}

const maxDepth = 64;

/**
 * Bounds the size of a value's JSON without writing it: from below by its characters (stops as soon as they exceed
 * `maxBytes`), from above by six bytes a character, the longest escape.
 */
export function boundJsonSize(value: unknown, maxBytes: number): JsonSize {
  let least = 0;
  let most = 0;
  let flaw: JsonFlaw | undefined;
  const path: PropertyKey[] = [];

  function add(characters: number, others = 0): void {
    least += characters;
    most += characters * 6 + others;
  }

  function visit(item: unknown): void {
    if (least > maxBytes) return;
    if (typeof item === "string") return add(item.length, 2);
    if (typeof item === "number" && !Number.isFinite(item)) flaw ??= { path: [...path], text: `is ${item}, which JSON cannot carry` };
    if (typeof item === "bigint" || typeof item === "function" || typeof item === "symbol")
      flaw ??= { path: [...path], text: `is a ${typeof item}, which JSON cannot carry` };
    if (typeof item !== "object" || item === null) return add(0, 32);
    if (path.length >= maxDepth) {
      flaw ??= { path: path.slice(0, 4), text: `is nested deeper than ${maxDepth} levels, or refers to itself` };
      return;
    }
    const entries: Iterable<[PropertyKey, unknown]> = Array.isArray(item) ? item.entries() : Object.entries(item);
    for (const [key, inner] of entries) {
      add(typeof key === "string" ? key.length : 0, 4);
      path.push(key);
      // Copies made on the way would lose it, or worse, take it for a prototype.
      if (key === "__proto__") flaw ??= { path: [...path], text: "is a name that no field can have" };
      visit(inner);
      path.pop();
      if (flaw || least > maxBytes) return;
    }
    add(0, 2);
  }

  visit(value);
  return { tooLarge: least > maxBytes, atMostBytes: most, ...(flaw && { flaw }) };
}
