/** A package that is published. Everything of this workspace that it uses is bundled into it. */
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
  keywords: string[];
}

export const publishedPackages: readonly PublishedPackage[] = [
  {
    name: "@llm-router/client",
    description: "Sends requests to an llm-router queue and reads the answers. Needs only Redis.",
    folder: "packages/client",
    entries: { index: "packages/client/src/index.ts" },
    keywords: ["llm", "queue", "redis", "bullmq", "client"],
  },
  {
    name: "llm-router",
    description: "A durable, distributed queue in front of language models: priorities, fallbacks, circuit breakers, rate limits, streams.",
    folder: "apps/cli",
    entries: { index: "apps/cli/src/index.ts", cli: "apps/cli/src/main.ts" },
    bin: { "llm-router": "cli" },
    keywords: ["llm", "queue", "redis", "bullmq", "ollama", "openai", "router", "circuit-breaker"],
  },
];
