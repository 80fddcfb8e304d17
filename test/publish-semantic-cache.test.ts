// The semantic cache's packages work where a user installs them: plain npm, no install scripts, nothing overridden.
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { redisTest, tempDir } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { corePackages, publishedPackages } from "../scripts/publish/packages.ts";
import { type Installation, installPublished } from "./publish/installation.ts";
import { nodes } from "./publish/nodes.ts";
import { orSkip, type Unreachable } from "./publish/npm.ts";
import { run } from "./publish/run.ts";

/** With the library, which finds them there. */
const packages = publishedPackages.filter((published) => published.name === "llm-router" || !corePackages.includes(published));

// oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
const publishTest = redisTest.extend("installation", { scope: "file" }, async ({}, { onCleanup }): Promise<Installation | Unreachable> => {
  const folder = await tempDir();
  onCleanup(() => folder[Symbol.asyncDispose]());
  return installPublished(folder.path, packages, ["--ignore-scripts"]);
});

// An installation from the network takes its time.
describe("the semantic cache's packages", { timeout: 180_000 }, () => {
  publishTest(
    "are what was built, with the licences of what is bundled, and bring neither sharp nor a runtime for browsers",
    ({ installation, skip }) => {
      const { packed, folder } = orSkip(installation, skip);
      expect(packed["@llm-router/semantic-cache"]).toEqual(
        expect.arrayContaining(["index.js", "thread.js", "index.d.ts", "LICENSE", "LICENSE.transformers", "README.md"]),
      );
      expect(packed["@llm-router/model-weights"]).toEqual(
        expect.arrayContaining([
          "index.js",
          "index.d.ts",
          "manifest.json",
          "LICENSE",
          "all-MiniLM-L6-v2/onnx/model_quantized.onnx",
          "pair-verifier/onnx/model_quantized.onnx",
        ]),
      );
      const manifest = JSON.parse(readFileSync(join(folder, "node_modules/@llm-router/semantic-cache/package.json"), "utf8")) as {
        dependencies: object;
      };
      expect(Object.keys(manifest.dependencies)).toEqual([
        "@llm-router/model-weights",
        "@qdrant/js-client-rest",
        "onnxruntime-node",
        "piscina",
        "zod",
      ]);
      const tree = readdirSync(join(folder, "node_modules"), { recursive: true, encoding: "utf8" });
      expect(tree.filter((path) => /(^|\/)@?sharp(\/|$)|onnxruntime-web|@xenova/.test(path))).toEqual([]);
    },
  );

  publishTest.for(nodes)("answer in other words, offline, on $name", async ({ find }, { installation, redis, skip }) => {
    const { folder } = orSkip(installation, skip);
    const node = orSkip(await find(), skip);
    const file = `answer-${redis.namespace}.mjs`;
    await writeFile(join(folder, file), answering);
    const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
    expect(await run(node, [file], { cwd: folder, env })).toEqual({ code: 0, out: "1 semantic A language. CACHE_MISS", errors: "" });
  });

  publishTest("hold the weights as they were made", async ({ installation, skip }) => {
    const { folder } = orSkip(installation, skip);
    const checksums = join(folder, "node_modules/@llm-router/model-weights/checksums.mjs");
    expect(await run(process.execPath, [checksums, "--check"], { cwd: folder })).toEqual({ code: 0, out: "", errors: "" });
  });
});

/** Asks a backend of its own once, and the cache in other words until it is there: on a busy machine a lookup may take longer than a request waits for it. */
const answering = `
import { LLMRouter } from "llm-router";

globalThis.fetch = () => { throw new Error("it is offline"); };
let calls = 0;
const router = new LLMRouter();
router.enableCache({ similarityThreshold: 0.92, ttlHours: 24, maxEntries: 10_000 });
router.addModel("local", { backend: { generate: async () => ({ content: "A language.", calls: ++calls }) } });
const ask = (prompt, cache = "only") => router.generate(prompt, { temperature: 0.1, cache });
await ask("What is Python?", "use");
let near;
for (let time = 0; time < 200 && !near; time++) near = await ask("Tell me about the Python programming language").catch(() => undefined);
const far = await ask("What is Jython?").catch(({ code }) => code);
console.log(calls, near?.cached, near?.content, far);
await router.close();
`;
