import type { ModelConfig } from "./config.ts";
import { baseUrlProblem } from "./config-values.ts";
import { RouterError } from "./errors.ts";
import { formatPath } from "./redact.ts";

export type Env = Readonly<Record<string, string | undefined>>;

const placeholder = /\$?\$\{([^}]*)\}?/g;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text inside `value` by the environment's; `$${` stands for a plain `${`.
 * A parsed configuration keeps the names; call this where the value is used, and store or log only what went in.
 * @param path Where the value stands, for the message.
 * @throws {RouterError} CONFIG_INVALID naming a variable that is unset or empty, never a value.
 */
export function expandSecrets<T>(value: T, env: Env, path: readonly PropertyKey[] = []): T {
  return expand(value, env, path) as T;
}

/**
 * A model's definition with its variables filled in, ready for a backend.
 * @throws {RouterError} CONFIG_INVALID when a variable is missing or the expanded `baseUrl` is not an address.
 */
export function expandModel(name: string, model: ModelConfig, env: Env): ModelConfig {
  const expanded = expandSecrets(model, env, ["models", name]);
  // A variable that itself holds "${" was not expanded again; it is no address.
  const problem =
    expanded.baseUrl === undefined
      ? undefined
      : expanded.baseUrl.includes("${")
        ? "must be an http or https address"
        : baseUrlProblem(expanded.baseUrl);
  if (problem)
    throw new RouterError(
      "CONFIG_INVALID",
      `${formatPath(["models", name, "baseUrl"])}: ${problem} (after expanding ${model.baseUrl?.includes("${") ? "its variables" : "it"}).`,
      { model: name },
    );
  return expanded;
}

function expand(value: unknown, env: Env, path: readonly PropertyKey[]): unknown {
  if (typeof value === "string") return expandText(value, env, path);
  if (Array.isArray(value)) return value.map((item, index) => expand(item, env, [...path, index]));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env, [...path, key])]));
}

function expandText(text: string, env: Env, path: readonly PropertyKey[]): string {
  return text.replace(placeholder, (match: string, body: string) => {
    if (match.startsWith("$$")) return match.slice(1);
    const [, name, fallback] = (match.endsWith("}") && inside.exec(body)) || [];
    if (name === undefined)
      throw invalid(path, "holds a ${…} that names no variable; write ${NAME} or ${NAME:-default}, and $${ for a plain ${");
    const found = env[name];
    if (found !== undefined && found !== "") return found;
    if (fallback !== undefined) return fallback;
    throw invalid(
      path,
      `the environment variable ${name} is ${found === "" ? "empty" : "not set"}; set it where this process starts, or write \${${name}:-default}`,
    );
  });
}

function invalid(path: readonly PropertyKey[], text: string): RouterError {
  const where = formatPath(path);
  return new RouterError("CONFIG_INVALID", `${where}${where ? ": " : ""}${text}.`);
}
