/** The part of a response's headers that this package reads. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a provider asks to wait, in ms: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
 * @param now Milliseconds since the epoch, for dates.
 * @returns undefined when there is no such header or it cannot be read.
 */
export function parseRetryAfter(headers: HeaderReader, now: number = Date.now()): number | undefined {
  const inMs = number(headers.get("retry-after-ms"));
  if (inMs !== undefined) return Math.ceil(inMs);
  const value = headers.get("retry-after");
  const seconds = number(value);
  if (seconds !== undefined) return Math.ceil(seconds * 1000);
  const date = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A finite number that is not negative; `Number("")` is 0, so blanks are sorted out first. */
function number(value: string | null): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) && parsed >= 0 ? parsed : undefined;
}
