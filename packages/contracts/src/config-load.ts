import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { configInvalid, parseConfig, parseConfigText } from "./config-parse.ts";
import type { Env } from "./secrets.ts";

export interface LoadConfigOptions {
  /** Default process.env. */
  env?: Env;
  /** Where `llm-router.yaml` and `.json` are looked for (default: the working directory). */
  cwd?: string;
  /** A file that must exist; wins over LLMR_CONFIG. */
  path?: string;
  /** Reads a file as UTF-8; throws an error with code ENOENT where there is none. Default: the file system. */
  readFile?: (path: string) => string;
}

export interface LoadedConfig {
  config: Config;
  /** What named the file: `path`, LLMR_CONFIG, the working directory, or nothing (an empty configuration). */
  source: "path" | "LLMR_CONFIG" | "cwd" | "none";
  /** The file's absolute path. */
  path: string | undefined;
}

/**
 * Reads the configuration: `path`, else LLMR_CONFIG, else `./llm-router.yaml`, else `./llm-router.json`, else an empty one.
 * `${NAME}` stays a name in it; expandSecrets and expandModel fill it in where it is used.
 * @throws {RouterError} CONFIG_INVALID when a named file cannot be read, or a file is wrong: one line per problem.
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  const { env = process.env, cwd = process.cwd(), readFile = readUtf8 } = options;
  const named = options.path === undefined ? env["LLMR_CONFIG"] : options.path;
  if (named !== undefined && named !== "") {
    const source = options.path === undefined ? "LLMR_CONFIG" : "path";
    const path = resolve(cwd, named);
    const text = read(path, readFile, source);
    if (text !== undefined) return { config: parseConfigText(text, named), source, path };
    const fix = source === "path" ? "name a file that does" : "correct LLMR_CONFIG or unset it";
    throw configInvalid(named, [`the configuration file does not exist (${path}); ${fix}.`]);
  }
  for (const name of ["llm-router.yaml", "llm-router.json"]) {
    const path = resolve(cwd, name);
    const text = read(path, readFile, "cwd");
    if (text !== undefined) return { config: parseConfigText(text, name), source: "cwd", path };
  }
  return { config: parseConfig({}), source: "none", path: undefined };
}

function readUtf8(path: string): string {
  return readFileSync(path, "utf8");
}

function read(path: string, readFile: (path: string) => string, source: LoadedConfig["source"]): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const reason =
      code === "EISDIR"
        ? "is a directory; name a file"
        : code === "EACCES"
          ? "may not be read by this user; change its permissions"
          : `cannot be read (${code})`;
    const by = source === "LLMR_CONFIG" ? " (named by LLMR_CONFIG)" : "";
    throw configInvalid(path, [`${reason}${by}.`]);
  }
}
