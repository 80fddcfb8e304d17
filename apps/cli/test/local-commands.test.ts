import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDir } from "@llm-router/testkit";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { runCli } from "./cli.ts";

const configuration = `
models:
  gpu: { provider: ollama, model: "qwen2.5:3b", concurrency: 2 }
  cloud: { provider: openai, model: gpt-4o-mini, apiKey: "\${CLI_TEST_KEY}" }
routes:
  high: { targets: [gpu], fallback: [cloud], strategy: fastest }
`;

test("--version prints the version and --help every command", async () => {
  expect(await runCli(["--version"])).toEqual({ code: 0, out: manifest.version, errors: [] });
  const { out } = await runCli(["--help"]);
  for (const command of ["worker", "ask", "status", "config"]) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
});

test("config check prints path, models and routes, and notes a variable that is missing here", async () => {
  await using folder = await tempDir();
  await writeFile(join(folder.path, "llm-router.yaml"), configuration);
  const found = await runCli(["config", "check"], { cwd: folder.path });
  expect(found).toMatchObject({ code: 0, errors: [] });
  expect(found.out).toContain(`${join(folder.path, "llm-router.yaml")} is right.`);
  expect(found.out).toMatch(/^gpu +ollama qwen2\.5:3b +10000 +2$/m);
  expect(found.out).toMatch(/^HIGH +gpu, then cloud +fastest$/m);
  expect(found.out).toMatch(/^LOW +gpu, cloud +no route/m);
  expect(found.out).toContain("CLI_TEST_KEY is not set");
  const named = await runCli(["config", "check", "llm-router.yaml"], { cwd: folder.path, env: { CLI_TEST_KEY: "key" } });
  expect(named.out).not.toContain("Note");
});

test("config check says all that is wrong, each with its line, and exits 1", async () => {
  await using folder = await tempDir();
  await writeFile(
    join(folder.path, "bad.yaml"),
    "models:\n  gpu: { provider: ollama, modle: x }\nroutes:\n  high: { targets: [cpu] }\nbraker: {}\n",
  );
  const { code, out, errors } = await runCli(["config", "check", "bad.yaml"], { cwd: folder.path });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(errors[0]).toMatch(/^CONFIG_INVALID: bad\.yaml: \d problems:$/);
  expect(errors.join("\n")).toContain('did you mean "model"?');
  expect(errors.join("\n")).toContain('did you mean "breaker"?');
  const none = await runCli(["config", "check"], { cwd: folder.path });
  expect(none).toEqual({ code: 1, out: "", errors: [expect.stringMatching(/^CONFIG_INVALID: There is no llm-router\.yaml/)] });
});
