/** Without what is undefined or null: clients send null for "not set". */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined | null> } {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== null) kept[name] = value;
  return kept as { [K in keyof T]?: Exclude<T[K], undefined | null> };
}
