// What is published works where a user installs it: packed, installed with plain npm outside the workspace, and run.
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { redisTest, tempDir } from "@llm-router/testkit";
import { type Simulator, startSimulator } from "@llm-router/simulator";
import { describe, expect } from "vitest";
import { corePackages } from "../scripts/publish/packages.ts";
import { type Installation, installPublished } from "./publish/installation.ts";
import { orSkip, type Unreachable } from "./publish/npm.ts";
import { nodes } from "./publish/nodes.ts";
import { run, start } from "./publish/run.ts";

/** For the compile test: the oldest TypeScript that our declarations are for. */
const forTypes = ["typescript@5.6.3", "@types/node@22.20.5"];
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const quickStart = read("examples/quick-start/quick-start.mjs");
const answer = "Paris is the capital of France.";

const publishTest = redisTest
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
  .extend("installation", { scope: "file" }, async ({}, { onCleanup }): Promise<Installation | Unreachable> => {
    const folder = await tempDir();
    onCleanup(() => folder[Symbol.asyncDispose]());
    return installPublished(folder.path, corePackages, forTypes);
  })
  // oxlint-disable-next-line no-empty-pattern -- as above
  .extend("simulator", { scope: "file" }, async ({}, { onCleanup }): Promise<Simulator> => {
    const simulator = await startSimulator({ models: ["qwen2.5:3b"], answer });
    onCleanup(() => simulator.close());
    return simulator;
  });

// An installation from the network takes its time, and so does the compiler.
describe("the published packages", { timeout: 180_000 }, () => {
  publishTest("hold what is needed and nothing of the workspace", ({ installation, skip }) => {
    const { packed, folder } = orSkip(installation, skip);
    for (const [name, files] of Object.entries(packed)) {
      expect(files).toEqual(expect.arrayContaining(["index.js", "index.d.ts", "README.md", "LICENSE", "package.json", "lua/dispatch.lua"]));
      expect(files.filter((file) => !/^(lua\/.*\.lua|[\w-]+\.js|index\.d\.ts|README\.md|LICENSE|package\.json)$/.test(file))).toEqual([]);
      const code = files
        .filter((file) => /\.(js|d\.ts)$/.test(file))
        .map((file) => readFileSync(join(folder, "node_modules", name, file), "utf8"));
      expect(code.join("\n")).not.toMatch(/(from|import|require)\s*\(?"(@llm-router\/(?!semantic-cache")|llm-router"|\.{1,2}\/[^"]*\.ts")/);
    }
    expect(read("apps/cli/README.md")).toContain(quickStart.slice(quickStart.indexOf("import")).trim());
  });

  publishTest("bring few dependencies, each pinned to one version, and nothing heavy", ({ installation, skip }) => {
    const { folder } = orSkip(installation, skip);
    const dependenciesOf = (name: string) => {
      const manifest = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
      };
      expect(Object.values(manifest.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
      return Object.keys(manifest.dependencies);
    };
    expect(dependenciesOf("@llm-router/client")).toEqual(["ioredis", "yaml", "zod"]);
    expect(dependenciesOf("llm-router")).toContain("bullmq");
    const tree = readdirSync(join(folder, "node_modules"), { recursive: true, encoding: "utf8" });
    expect(tree).toContain("bullmq/package.json");
    expect(tree.filter((path) => /onnxruntime|(^|\/)@?sharp(\/|$)|transformers|model-weights|\.onnx$|\.safetensors$/.test(path))).toEqual(
      [],
    );
    // Other than the two compilers that this test itself installs, about 120 packages; the gateway brings more than half of them.
    expect(tree.filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path)).length).toBeLessThan(140);
  });

  publishTest.for(nodes)("run the quick start on $name", async ({ find }, { installation, simulator, redis, skip }) => {
    const { folder } = orSkip(installation, skip);
    const node = orSkip(await find(), skip);
    const model = 'model: "qwen2.5:3b"';
    expect(quickStart).toContain(model);
    const file = `quick-start-${redis.namespace}.mjs`;
    await writeFile(join(folder, file), quickStart.replace(model, `${model}, baseUrl: "${simulator.url}"`));
    const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
    expect(await run(node, [file], { cwd: folder, env })).toEqual({ code: 0, out: answer, errors: "" });
  });

  publishTest(
    "say which package the semantic cache needs, and answer equal questions without it",
    async ({ installation, redis, skip }) => {
      const { folder } = orSkip(installation, skip);
      const file = `not-installed-${redis.namespace}.mjs`;
      await writeFile(join(folder, file), notInstalled);
      const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
      const out = "CACHE_NOT_INSTALLED npm install @llm-router/semantic-cache exact";
      expect(await run(process.execPath, [file], { cwd: folder, env })).toEqual({ code: 0, out, errors: "" });
    },
  );

  publishTest.for(nodes)("are loaded by require() on $name", async ({ find }, { installation, simulator, redis, skip }) => {
    const { folder } = orSkip(installation, skip);
    const node = orSkip(await find(), skip);
    const file = `required-${redis.namespace}.cjs`;
    await writeFile(join(folder, file), requiring(simulator.url));
    const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
    const { code, out } = await run(node, [file], { cwd: folder, env });
    expect({ code, out: JSON.parse(out) as unknown }).toEqual({ code: 0, out: [answer, 1, true] });
  });

  publishTest.for(nodes)("have a command that works on $name", async ({ find }, { installation, simulator, redis, skip }) => {
    const { folder } = orSkip(installation, skip);
    const node = orSkip(await find(), skip);
    const PATH = [dirname(node), process.env["PATH"]].join(delimiter);
    const options = {
      cwd: folder,
      env: { PATH, REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, LLMR_CONFIG: `${redis.namespace}.yaml` },
    };
    await writeFile(
      join(folder, `${redis.namespace}.yaml`),
      `models:\n  local: { provider: ollama, model: "qwen2.5:3b", baseUrl: "${simulator.url}" }\n`,
    );
    const command = join(folder, "node_modules/.bin/llm-router");
    const [help, check, worker] = await Promise.all([
      run("npx", ["--no-install", "llm-router", "--help"], options),
      run(command, ["config", "check"], options),
      start(command, ["worker"], "worker ready", options),
    ]);
    await using _ = worker;
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining("Usage: llm-router") });
    expect(check).toMatchObject({ code: 0, out: expect.stringContaining(".yaml is right."), errors: "" });
    expect(await run(command, ["ask", "What is the capital of France?", "--stream"], options)).toEqual({
      code: 0,
      out: answer,
      errors: "",
    });
    expect(await worker.stop()).toMatchObject({ code: 0 });
  });

  publishTest("have declarations that TypeScript 5.6 takes with skipLibCheck off", async ({ installation, skip }) => {
    const { folder } = orSkip(installation, skip);
    await writeFile(join(folder, "consumer.ts"), consumer);
    const files = ["nodenext", "bundler"].map((moduleResolution) => `tsconfig.${moduleResolution}.json`);
    for (const file of files) await writeFile(join(folder, file), compilerConfig(file.split(".")[1] ?? ""));
    // One process for both, which is twice as fast.
    const tsc = join(folder, "node_modules/typescript/bin/tsc");
    expect(await run(process.execPath, [tsc, "--version"], { cwd: folder })).toMatchObject({
      out: expect.stringContaining("Version 5.6."),
    });
    expect(await run(process.execPath, [tsc, "-b", ...files], { cwd: folder })).toEqual({ code: 0, out: "", errors: "" });
  });
});

/** Asks for the semantic cache, which is not there; then for what is. */
const notInstalled = `
import { LLMRouter } from "llm-router";

const router = new LLMRouter();
router.addModel("local", { backend: { generate: async () => ({ content: "A language." }) } });
const ask = (cache) => router.generate("What is Python?", { temperature: 0, cache });
const refused = await router.enableCache({ similarityThreshold: 0.92 }).generate("What is Python?").catch((error) => error);
router.enableCache();
await ask("use");
let answer;
for (let time = 0; time < 500 && !answer; time++) answer = await ask("only").catch(() => undefined);
console.log(refused.code, refused.message.slice(refused.message.indexOf("npm")), answer?.cached);
await router.close();
`;

/** Answers with the library, then reads with the client what was counted, and whether each knows the other's errors. */
function requiring(baseUrl: string): string {
  return `
const { LLMRouter, Priority, RouterError } = require("llm-router");
const client = require("@llm-router/client");
(async () => {
  const router = new LLMRouter();
  router.addModel("local", { provider: "ollama", model: "qwen2.5:3b", baseUrl: ${JSON.stringify(baseUrl)} });
  const { content } = await router.generate("What is the capital of France?", { priority: Priority.HIGH });
  const reader = new client.Client();
  const { successes } = await reader.getStats();
  const refused = await reader.generate({ prompt: "" }).catch((error) => error);
  console.log(JSON.stringify([content, successes, RouterError.is(refused)]));
  await reader.close();
  await router.close();
})();
`;
}

const consumer = `
import { LLMRouter, Priority, RouterError, type Backend, type Result } from "llm-router";
import { Client, type Delta, type JobHandle, type ModelStatus } from "@llm-router/client";

const router = new LLMRouter({ namespace: "example" });
const backend: Backend = { generate: async (request) => ({ content: request.prompt ?? "" }) };
router.addModel("local", { provider: "ollama", model: "qwen2.5:3b" }).addModel("own", { backend });
router.addRoute(Priority.HIGH, { targets: ["local"], fallback: ["own"] });
export const result: Result = await router.generate("Hello", { priority: Priority.NORMAL });
// @ts-expect-error -- the types are those of the fields, not any
export const wrong: number = result.content;

const client = new Client();
const job: JobHandle = await client.enqueue({ prompt: "Hello", priority: "low" });
export const deltas: Delta[] = [];
for await (const delta of job.deltas()) deltas.push(delta);
export const models: ModelStatus[] = await client.getModelStatus();
export const isOurs: boolean = RouterError.is(new Error("no"));
`;

function compilerConfig(moduleResolution: string): string {
  return JSON.stringify({
    compilerOptions: {
      target: "es2022",
      lib: ["es2022"],
      types: ["node"],
      module: moduleResolution === "bundler" ? "esnext" : moduleResolution,
      moduleResolution,
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    },
    files: ["consumer.ts"],
  });
}
