export type Payload = Record<string, string | number>;

interface Condition {
  key: string;
  match?: { value?: string; any?: string[] };
  range?: { gt?: number; gte?: number; lt?: number; lte?: number };
}

export interface Filter {
  must: Condition[];
}

/** Whether all of a filter's conditions hold. What it does not know is refused, not passed over. */
export function matchesFilter(payload: Payload, { must, ...others }: Filter): boolean {
  if (Object.keys(others).length > 0) throw new Error(`the stand-in knows no ${Object.keys(others).join(", ")} in filters`);
  return must.every(({ key, match, range, ...rest }) => {
    if (Object.keys(rest).length > 0) throw new Error(`the stand-in knows no ${Object.keys(rest).join(", ")} in conditions`);
    const value = payload[key];
    return (!match || isMatch(value, match)) && (!range || isInRange(value, range));
  });
}

function isMatch(value: string | number | undefined, { value: wanted, any }: NonNullable<Condition["match"]>): boolean {
  return any ? any.includes(String(value)) : value === wanted;
}

function isInRange(value: string | number | undefined, { gt, gte, lt, lte }: NonNullable<Condition["range"]>): boolean {
  if (typeof value !== "number") return false;
  return (
    !(gt !== undefined && value <= gt) &&
    !(gte !== undefined && value < gte) &&
    !(lt !== undefined && value >= lt) &&
    !(lte !== undefined && value > lte)
  );
}
