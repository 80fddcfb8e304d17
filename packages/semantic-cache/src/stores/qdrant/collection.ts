import type { QdrantClient } from "@qdrant/js-client-rest";
import { RouterError } from "@llm-router/contracts";
import { statusOf } from "./connect.ts";

export interface CollectionShape {
  name: string;
  dimensions: number;
}

/**
 * Points of one partition are kept together (`is_tenant`), and graphs are built within partitions only (`m: 0`): a query never looks
 * beyond its own.
 */
const indexes = {
  partition: { type: "keyword", is_tenant: true },
  model: { type: "keyword" },
  expires_at: { type: "integer", lookup: false, range: true },
} as const;

/**
 * Makes the collection and its indexes where they are not there yet; several processes may do so at once.
 * @throws {RouterError} CONFIG_INVALID when there is another collection of that name, with vectors of another kind.
 */
export async function ensureCollection(client: QdrantClient, { name, dimensions }: CollectionShape): Promise<void> {
  const { exists } = await client.collectionExists(name);
  if (!exists) await create(client, { name, dimensions });
  const { config, payload_schema: present } = await client.getCollection(name);
  const vectors: unknown = config.params.vectors;
  const [size, distance] = [field(vectors, "size"), field(vectors, "distance")];
  if (size !== dimensions || distance !== "Cosine") {
    throw new RouterError(
      "CONFIG_INVALID",
      `Qdrant's collection ${name} holds vectors of ${said(size)} numbers compared by ${said(distance)}, not of ${dimensions} by "Cosine"; name another one in cache.store.collection, or delete it.`,
    );
  }
  for (const [fieldName, schema] of Object.entries(indexes)) {
    if (present[fieldName] === undefined)
      await client.createPayloadIndex(name, { field_name: fieldName, field_schema: schema, wait: true });
  }
}

async function create(client: QdrantClient, { name, dimensions }: CollectionShape): Promise<void> {
  try {
    await client.createCollection(name, {
      vectors: { size: dimensions, distance: "Cosine" },
      hnsw_config: { m: 0, payload_m: 16 },
    });
  } catch (error) {
    // Another process was quicker.
    if (statusOf(error) !== 409) throw error;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function said(value: unknown): string {
  return value === undefined ? "several kinds" : JSON.stringify(value);
}
