import { canonicalJson, isRecord } from "./canonical-json.ts";
import { formatPath, isSecretKey, redacted, show } from "./redact.ts";

/** A place where two definitions differ, both values as a message may show them. */
export interface DefinitionDifference {
  /** `concurrency`, `classShare.low`; empty when the whole differs. */
  path: string;
  a: string;
  b: string;
}

/**
 * The one text of a parsed model, route or breaker definition: what processes compare and Redis keeps. Keys are
 * sorted; `${NAME}` stays a name; a secret written out becomes `(secret)`, because it must not leave its process.
 * @param value As its schema's parse returns it, so that a default and the same value written out are equal.
 */
export function canonicalDefinition(value: unknown): string {
  return canonicalJson(withoutSecrets(value));
}

/** Whether a canonical definition stands for a secret that only the process that wrote it has. */
export function hasInlineSecret(value: unknown): boolean {
  if (isRecord(value))
    return Object.entries(value).some(([key, item]) =>
      isSecretKey(key) ? publicSecret(item) !== item || hasMark(item) : hasInlineSecret(item),
    );
  return Array.isArray(value) && value.some(hasInlineSecret);
}

/** Every path at which two definitions differ, in order, with both values; secrets are shown as `(secret)`. */
export function diffDefinitions(a: unknown, b: unknown): DefinitionDifference[] {
  return diff(withoutSecrets(a), withoutSecrets(b), []);
}

/** `concurrency: 4 here, 8 there` lines for a CONFIG_CONFLICT message. */
export function describeDifferences(differences: readonly DefinitionDifference[], { here = "here", there = "there" } = {}): string {
  return differences.map(({ path, a, b }) => `${path === "" ? "" : `${path}: `}${a} ${here}, ${b} ${there}`).join("\n");
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSecretKey(key) ? publicSecret(item) : withoutSecrets(item)]),
  );
}

/** `${NAME}` is a name and may be seen; anything else under a secret's key, a default included, is the secret. */
function publicSecret(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (typeof value !== "string") return redacted;
  const [match, scheme = "", name] = /^((?:Bearer |Basic )?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}$/.exec(value) ?? [];
  if (match === undefined) return redacted;
  return match.includes(":-") ? `${scheme}\${${name}:-${redacted}}` : match;
}

function hasMark(value: unknown): boolean {
  return typeof value === "string" && value.includes(redacted);
}

function diff(a: unknown, b: unknown, path: PropertyKey[]): DefinitionDifference[] {
  // Unset and null are written alike as a whole, but are not the same inside a definition.
  if ((a === undefined) === (b === undefined) && canonicalJson(a) === canonicalJson(b)) return [];
  if (isRecord(a) && isRecord(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
    return keys.flatMap((key) => diff(a[key], b[key], [...path, key]));
  }
  return [{ path: formatPath(path), a: shown(a, path), b: shown(b, path) }];
}

/** Lists are shown in full; names of variables under a secret's key may be seen, as only those are left there. */
function shown(value: unknown, path: PropertyKey[]): string {
  if (value === undefined) return "unset";
  if (Array.isArray(value)) return `[${value.map((item) => shown(item, path)).join(", ")}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${shown(item, [...path, key])}`)
      .join(", ")}}`;
  return path.some(isSecretKey) && typeof value === "string" ? value : show(value);
}
