/** A package that is published. Everything of this workspace that it uses is bundled into it, but for other published packages that not everybody needs. */
export interface PublishedPackage {
  /** On npm. */
  name: string;
  description: string;
  /** Whose version it has, and whose `build` script makes it, relative to the root. */
  folder: string;
  /** File names without extension → modules, relative to the root. `index` is the main export. */
  entries: Record<string, string>;
  /** Commands → entries. */
  bin?: Record<string, string>;
  /** Folders and files that are published as they are: paths in the package → paths relative to the root. */
  files?: Record<string, string>;
  /** Published packages that it loads only where the user has installed them. */
  optionalPeers?: string[];
  keywords: string[];
}

const scripts = { lua: "packages/job-queue/src/lua" };
const inTransformers = "packages/semantic-cache/node_modules/@xenova/transformers";

export const publishedPackages: readonly PublishedPackage[] = [
  {
    name: "@llm-router/client",
    description: "Sends requests to an llm-router queue and reads the answers. Needs only Redis.",
    folder: "packages/client",
    entries: { index: "packages/client/src/index.ts" },
    files: scripts,
    keywords: ["llm", "queue", "redis", "bullmq", "client"],
  },
  {
    name: "llm-router",
    description: "A durable, distributed queue in front of language models: priorities, fallbacks, circuit breakers, rate limits, streams.",
    folder: "apps/cli",
    entries: { index: "apps/cli/src/index.ts", cli: "apps/cli/src/main.ts" },
    bin: { "llm-router": "cli" },
    files: scripts,
    optionalPeers: ["@llm-router/semantic-cache"],
    keywords: ["llm", "queue", "redis", "bullmq", "ollama", "openai", "router", "circuit-breaker"],
  },
  {
    name: "@llm-router/semantic-cache",
    description: "The semantic cache of llm-router: answers questions that were asked before in other words, offline and verified.",
    folder: "packages/semantic-cache",
    // Threads are started from a file of their own.
    entries: { index: "packages/semantic-cache/src/index.ts", thread: "packages/semantic-cache/src/threads/thread.ts" },
    // Its tokenizer is bundled.
    files: { "LICENSE.transformers": `${inTransformers}/LICENSE` },
    keywords: ["llm", "semantic-cache", "embeddings", "onnx", "llm-router"],
  },
  {
    name: "@llm-router/model-weights",
    description: "The weights that the semantic cache of llm-router runs with: a sentence embedder and a pair verifier, int8 ONNX.",
    folder: "packages/model-weights",
    entries: {},
    files: Object.fromEntries(
      ["index.js", "index.d.ts", "manifest.json", "checksums.mjs", "LICENSE", "all-MiniLM-L6-v2", "pair-verifier"].map((name) => [
        name,
        `packages/model-weights/${name}`,
      ]),
    ),
    keywords: ["onnx", "embeddings", "sentence-embeddings", "llm-router"],
  },
];

/** What comes with nothing but itself: `npm install llm-router` needs no more. */
export const corePackages = publishedPackages.filter(({ name }) => !isOptional(name));

/** Whether a package of ours is left to be installed by those who want it, instead of being bundled into what uses it. */
export function isOptional(name: string): boolean {
  return name === "@llm-router/semantic-cache" || name === "@llm-router/model-weights";
}
