import { createHash } from "node:crypto";
import { type CacheConfig, RouterError, type VectorLog } from "@llm-router/contracts";
import type { Embedder, VectorStore } from "../ports.ts";
import { EmbeddedStore } from "./embedded/embedded-store.ts";

export interface CreateStoreOptions {
  /** `cache.store` of the configuration, with its variables filled in. */
  store: CacheConfig["store"];
  /** Of the namespace. Closed with the store. */
  log: VectorLog;
  namespace: string;
  embedder: Pick<Embedder, "dimensions" | "version">;
}

/** For the first connection; a store that needs longer goes on trying. */
const warmUpMs = 3_000;

/**
 * Opens the store that the configuration names. One that cannot be reached now answers later: until then lookups are misses.
 * @throws {RouterError} CONFIG_INVALID when Qdrant has another collection of that name.
 */
export async function createVectorStore({ store, log, namespace, embedder }: CreateStoreOptions): Promise<VectorStore> {
  const { dimensions, version } = embedder;
  const opened = store === "embedded" ? new EmbeddedStore({ log, dimensions }) : await openQdrant(store);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, warmUpMs);
  try {
    await Promise.race([opened.warmUp(), late]);
  } catch (error) {
    if (RouterError.is(error) && error.code === "CONFIG_INVALID") {
      await opened.close();
      throw error;
    }
    // It shows in health(), and mends itself.
  } finally {
    clearTimeout(timer);
  }
  return opened;

  async function openQdrant({ url, apiKey, collection, timeoutMs }: Exclude<CacheConfig["store"], "embedded">): Promise<VectorStore> {
    // Qdrant's client is loaded only by those who use it.
    const { QdrantStore } = await import("./qdrant/qdrant-store.ts");
    return new QdrantStore({ url, apiKey, timeoutMs, log, dimensions, collection: collectionName(collection, namespace, version) });
  }
}

/** One for each namespace and version of the embedder: `llm-router-llmr-all-MiniLM-L6-v2-1f2e3d4c`. */
function collectionName(start: string, namespace: string, version: string): string {
  const plain = `${start}-${namespace}-${version}`.replaceAll(/[^A-Za-z0-9_-]+/g, "-").slice(0, 120);
  // Names that differ only in what was replaced stay apart.
  return `${plain}-${createHash("sha256").update(`${namespace}\n${version}`).digest("hex").slice(0, 8)}`;
}
