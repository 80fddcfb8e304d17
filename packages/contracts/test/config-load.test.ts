import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { expandModel, loadConfig } from "../src/index.ts";
import { catchError } from "./catch-error.ts";

const local = "models: { local: { provider: ollama, model: x } }\n";

function folder(files: Record<string, string>) {
  const made = mkdtempDisposableSync(join(tmpdir(), "llmr-config-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made.path, name), text);
  return made;
}

function load(cwd: string, env: Record<string, string> = {}) {
  const { config, source, path } = loadConfig({ cwd, env });
  return [config.limits.maxPromptBytes, source, path];
}

function denied(): never {
  throw Object.assign(new Error("permission denied"), { code: "EACCES" });
}

test("LLMR_CONFIG comes before llm-router.yaml, that before llm-router.json, and without any the configuration is empty", () => {
  using all = folder({
    "other.yaml": "limits: { maxPromptBytes: 1 }",
    "llm-router.yaml": "limits: { maxPromptBytes: 2 }",
    "llm-router.json": '{ "limits": { "maxPromptBytes": 3 } }',
  });
  using json = folder({ "llm-router.json": '{ "limits": { "maxPromptBytes": 3 } }' });
  using none = folder({});
  expect(load(all.path, { LLMR_CONFIG: "other.yaml" })).toEqual([1, "LLMR_CONFIG", join(all.path, "other.yaml")]);
  expect(load(all.path, { LLMR_CONFIG: "" })).toEqual([2, "cwd", join(all.path, "llm-router.yaml")]);
  expect(load(json.path)).toEqual([3, "cwd", join(json.path, "llm-router.json")]);
  expect(load(none.path)).toEqual([4 * 1024 * 1024, "none", undefined]);
  expect(loadConfig({ path: "other.yaml", cwd: all.path, env: { LLMR_CONFIG: "absent.yaml" } })).toMatchObject({
    source: "path",
    config: { limits: { maxPromptBytes: 1 } },
  });
});

test("a file that cannot be read says which, and what named it", () => {
  using made = folder({ "llm-router.yaml": "models: [" });
  const message = (options: Parameters<typeof loadConfig>[0]) =>
    catchError(() => loadConfig({ cwd: made.path, env: {}, ...options })).message;
  expect(message({ env: { LLMR_CONFIG: "nope.yaml" } })).toBe(
    `nope.yaml: the configuration file does not exist (${join(made.path, "nope.yaml")}); correct LLMR_CONFIG or unset it.`,
  );
  expect(message({ path: "nope.yaml" })).toContain("name a file that does");
  expect(message({ path: "." })).toBe(`${made.path}: is a directory; name a file.`);
  expect(message({})).toMatch(/^llm-router\.yaml: line 1, column 10: /);
  expect(message({ env: { LLMR_CONFIG: "/etc/secret.yaml" }, readFile: denied })).toBe(
    "/etc/secret.yaml: may not be read by this user; change its permissions (named by LLMR_CONFIG).",
  );
});

test("files are read through the function given", () => {
  const asked: string[] = [];
  const { config } = loadConfig({ cwd: "/srv", env: {}, readFile: (path) => (asked.push(path), local) });
  expect(asked).toEqual([resolve("/srv/llm-router.yaml")]);
  expect(Object.keys(config.models)).toEqual(["local"]);
});

test("the example configuration loads, names its schema first, and has a route for every class", () => {
  const root = resolve(import.meta.dirname, "../../..");
  const { config } = loadConfig({ path: "llm-router.example.yaml", cwd: root, env: {} });
  expect(new Set(Object.values(config.models).map(({ provider }) => provider))).toEqual(new Set(["ollama", "openai"]));
  expect(Object.keys(config.routes)).toEqual(["critical", "high", "normal", "low"]);
  expect(config.cache.enabled).toBe(true);
  const cloud = config.models["cloud"];
  expect(cloud && expandModel("cloud", cloud, { OPENAI_API_KEY: "k" }).apiKey).toBe("k");
  for (const [name, model] of Object.entries(config.models))
    expect(expandModel(name, model, { OPENAI_API_KEY: "k" }).model).not.toContain("${");
});
