/** How many requests ended one way. */
export interface Ended {
  state: string;
  /** 0 CRITICAL to 3 LOW. */
  classRank: number;
  /** That it ran on or waited for at its end; "" when no model had a part in it (the cache). */
  model: string;
  count: number;
}

const endedField = /^n:(\w+):(\d):(.*)$/;

/** The endings among the fields of the namespace's `stats`: one counter for each state, class and model, written by settle.lua. */
export function endedOf(stats: Readonly<Record<string, string>>): Ended[] {
  return Object.entries(stats).flatMap(([field, count]) => {
    const [, state, classRank, model] = endedField.exec(field) ?? [];
    if (state === undefined || classRank === undefined || model === undefined) return [];
    return [{ state, classRank: Number(classRank), model, count: Number(count) }];
  });
}

/** The counters among `fields` whose names begin with `prefix`, by the rest of their names. */
export function countersBy(fields: Readonly<Record<string, string>>, prefix: string): Record<string, number> {
  const found = Object.entries(fields).filter(([field]) => field.startsWith(prefix));
  return Object.fromEntries(found.map(([field, value]) => [field.slice(prefix.length), Number(value)]));
}

/** Sums of `ended` by what `keyOf` says; undefined is not counted. */
export function sumBy(ended: readonly Ended[], keyOf: (each: Ended) => string | undefined): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const each of ended) {
    const key = keyOf(each);
    if (key !== undefined) sums[key] = (sums[key] ?? 0) + each.count;
  }
  return sums;
}
