// The semantic cache's packages work where a user installs them: plain npm, no install scripts, nothing overridden.
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDir } from "@llm-router/testkit";
import { describe, expect, test } from "vitest";
import { corePackages, publishedPackages } from "../scripts/publish/packages.ts";
import { type Installation, installPublished } from "./publish/installation.ts";
import { nodes } from "./publish/nodes.ts";
import { orSkip, type Unreachable } from "./publish/npm.ts";
import { run } from "./publish/run.ts";

const optional = publishedPackages.filter((published) => !corePackages.includes(published));

// oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
const publishTest = test.extend("installation", { scope: "file" }, async ({}, { onCleanup }): Promise<Installation | Unreachable> => {
  const folder = await tempDir();
  onCleanup(() => folder[Symbol.asyncDispose]());
  return installPublished(folder.path, optional, ["--ignore-scripts"]);
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
      ]);
      const tree = readdirSync(join(folder, "node_modules"), { recursive: true, encoding: "utf8" });
      expect(tree.filter((path) => /(^|\/)@?sharp(\/|$)|onnxruntime-web|@xenova/.test(path))).toEqual([]);
    },
  );

  publishTest.for(nodes)("find an answer in other words, offline, on $name", async ({ find }, { installation, skip }) => {
    const { folder } = orSkip(installation, skip);
    const node = orSkip(await find(), skip);
    await writeFile(join(folder, "lookup.mjs"), lookup);
    const checked = await run(node, [join(folder, "node_modules/@llm-router/model-weights/checksums.mjs"), "--check"], { cwd: folder });
    expect(checked).toEqual({ code: 0, out: "", errors: "" });
    expect(await run(node, ["lookup.mjs"], { cwd: folder })).toEqual({ code: 0, out: "on key:model miss", errors: "" });
  });
});

/** A store in memory, a question that is stored, and two that are looked up. */
const lookup = `
import { createSemanticCache } from "@llm-router/semantic-cache";

globalThis.fetch = () => { throw new Error("it is offline"); };
const points = [];
const store = {
  upsert: async (added) => void points.push(...added),
  query: async ({ vector, floor }) =>
    points
      .map((point) => ({ ...point, cosine: point.vector.reduce((sum, value, index) => sum + value * vector[index], 0) }))
      .filter(({ cosine }) => cosine >= floor),
  health: () => ({ ok: true }),
  close: async () => {},
};
const cache = await createSemanticCache({ openStore: () => store, log: console });
const question = { partition: "p", models: ["model"], timeoutMs: 30_000 };
cache.store({ prompt: "What is Python?", partition: "p", model: "model", entry: "key:model", expiresAt: Date.now() + 60_000 });
await cache.flushed();
const near = await cache.lookup({ ...question, prompt: "Tell me about the Python programming language" });
const far = await cache.lookup({ ...question, prompt: "What is Jython?" });
const { state } = await cache.status();
await cache.close();
console.log(state, near.entry, far.kind);
`;
