// The README is run: its code, its commands and its configurations, against a real Redis and the simulator in the place
// of the model servers.
import { existsSync, readFileSync } from "node:fs";
import { loadConfig } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { redisTest } from "@llm-router/testkit";
import { describe, expect, test } from "vitest";
import { freePort } from "../packages/service-kit/src/index.ts";
import { type Block, groupBlocks, readBlocks, readme } from "./readme/blocks.ts";
import { promisesOf, readClaims, titlePattern } from "./readme/claims.ts";
import { openScenario, type Scenario } from "./readme/scenario.ts";
import { readWorkspace } from "./workspace.ts";

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const manifest = JSON.parse(readFileSync(at("package.json"), "utf8")) as { scripts: Record<string, string> };
const blocks = readBlocks(readme);
const reliability = readFileSync(at("docs/reliability.md"), "utf8");

/** Proves one block. Its `prints` is checked here, whatever it is. */
async function prove(block: Block, scenario: Scenario, later: readonly Block[]): Promise<void> {
  const { verb, text, file = "example.mjs", prints } = block;
  let output = "";
  if (verb === "run" || verb === "save" || verb === "config") await scenario.save(file, text);
  if (verb === "run") output = await scenario.run(process.execPath, [file]);
  if (verb === "sh") output = await scenario.run("sh", ["-e", "-c", text]);
  if (verb === "start") return scenario.start("sh", ["-c", text], prints ?? /\n/);
  if (verb === "save")
    expect(
      later.some((next) => next.text.includes(file)),
      `nothing runs ${file}`,
    ).toBe(true);
  if (verb === "config") expect(Object.keys(loadConfig({ path: file, cwd: scenario.folder, env: {} }).config.models)).not.toEqual([]);
  if (prints) expect(output).toMatch(prints);
}

test("a block that does not say how it is tested fails", () => {
  expect(() => readBlocks("text\n```sh\nrm -rf /\n```")).toThrow("README.md:2: the block has no marker");
  expect(() => readBlocks("<!-- test: never -->\n```sh\n```")).toThrow("no marker");
  expect(readBlocks("<!-- test: sh in two as a.txt prints /x/ -->\n```sh\ntrue\n```")).toMatchObject([
    { line: 2, verb: "sh", scenario: "two", file: "a.txt", prints: /x/, text: "true" },
  ]);
});

test("the README's quick start is the one of examples/quick-start", () => {
  const code = readFileSync(at("examples/quick-start/quick-start.mjs"), "utf8").replace(/^(?:\/\/.*\n)+/, "");
  expect(blocks.find(({ file }) => file === "quick-start.mjs")?.text).toBe(code.trimEnd());
});

test("every command that the README runs at the root is a script of package.json", () => {
  const lines = blocks.filter(({ verb }) => verb === "script").flatMap(({ text }) => text.split("\n"));
  const names = lines.map((line) => /^npm (?:run )?([\w:]+)/.exec(line)?.[1] ?? line);
  expect(names).toEqual(expect.arrayContaining(["demo", "test"]));
  expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(names));
});

test("every package that the README installs is one of this workspace", () => {
  const lines = blocks.filter(({ verb }) => verb === "install").flatMap(({ text }) => text.split("\n"));
  const names = lines.map((line) => /^npm install (\S+)/.exec(line)?.[1] ?? line);
  expect(names).toEqual(expect.arrayContaining(["llm-router", "@llm-router/client"]));
  expect(readWorkspace().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});

describe("the README's code runs as it stands", () => {
  const scenarios = groupBlocks(blocks.filter(({ verb }) => verb !== "install" && verb !== "script"));

  redisTest.for(scenarios)("$name", { timeout: 120_000 }, async ({ blocks: own }, { redis }) => {
    const answer = "Paris is the capital of France.";
    await using simulator = await startSimulator({ perModel: { "qwen2.5:3b": { answer } }, tokensPerSecond: 200 });
    await using scenario = await openScenario({
      redis,
      ports: { 11434: simulator.port, 8000: simulator.port, 8080: await freePort(8080) },
    });
    for (const [i, block] of own.entries()) {
      await prove(block, scenario, own.slice(i + 1)).catch((error: unknown) => {
        throw new Error(`README.md:${block.line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      });
    }
  });
});

describe("docs/reliability.md proves what the README promises", () => {
  const claims = readClaims(reliability);

  test("each promise of the README is quoted there word for word, and each quotation is in the README", () => {
    const promises = promisesOf(readme);
    expect(promises.length).toBeGreaterThan(10);
    expect(promises.filter((promise) => !claims.some(({ quote }) => promise.includes(quote)))).toEqual([]);
    expect(claims.map(({ quote }) => quote).filter((quote) => !promises.some((promise) => promise.includes(quote)))).toEqual([]);
  });

  test.for(claims)("$quote", ({ file, title }) => {
    expect(existsSync(at(file)), `${file} does not exist`).toBe(true);
    expect(readFileSync(at(file), "utf8")).toMatch(titlePattern(title));
  });
});

test("every file that the README and ARCHITECTURE.md link to exists", () => {
  const pages = [readme, readFileSync(at("ARCHITECTURE.md"), "utf8"), reliability.replaceAll("](../", "](")];
  const links = pages.flatMap((page) => [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? ""));
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(at(link)))).toEqual([]);
});
