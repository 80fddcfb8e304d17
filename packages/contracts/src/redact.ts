/** What stands in place of a secret in messages and in shared definitions. */
export const redacted = "(secret)";

const secretKey =
  /^(x-)?api[-_]?key$|(api[-_]?key|secret|password|passwd|passphrase|credentials?|private[-_]?key)$|^(x-)?(access|auth|bearer|refresh|session|id)?[-_]?token$|^(proxy[-_]?)?authorization$|^cookie$/i;
const secretText = /(^|[^A-Za-z0-9])(sk|rk|pk|gsk|hf|xai|ghp|gho|glpat|pplx|r8)[-_][A-Za-z0-9_-]{8,}|AIza[\w-]{20,}|^\s*(Bearer|Basic)\s/;

/** Whether a value under this key is a secret (`apiKey`, `authorization`, `client_secret`, …). `maxTokens` is not. */
export function isSecretKey(key: PropertyKey): boolean {
  return typeof key === "string" && secretKey.test(key);
}

/** A value for a message: short, on one line, and never a secret. `path` is where it stands. */
export function show(value: unknown, path: readonly PropertyKey[] = []): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value !== null && typeof value === "object") return "an object";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (path.some(isSecretKey)) return redacted;
  if (typeof value === "string")
    return secretText.test(value) ? redacted : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return `${value as number | boolean | bigint | null}`;
}

/** `models.gpu-fast.targets[0]`; names that would read ambiguously are quoted: `models["qwen2.5"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}
