import { matchesFilter, type Filter, type Payload } from "./qdrant-filter.ts";
import type { RecordedRequest } from "./qdrant-stand-in.ts";

export interface Reply {
  status: number;
  body: unknown;
}

interface Point {
  id: string;
  vector: number[];
  payload: Payload;
}

interface Collection {
  size: number;
  distance: string;
  config: Record<string, unknown>;
  indexes: Record<string, unknown>;
  points: Map<string, Point>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const route = /^\/collections\/([^/?]+)(?:\/([^?]*))?(?:\?.*)?$/;

/** The collections of a stand-in: a function from requests to answers, which are those of a real server as far as the store reads them. */
export function createCollections(): (request: Pick<RecordedRequest, "method" | "path" | "body">) => Reply {
  const collections = new Map<string, Collection>();

  return ({ method, path, body }) => {
    const [, name = "", rest = ""] = route.exec(path) ?? [];
    const call = `${method} ${rest}`;
    if (name === "") return failed(404, `no route ${path}`);
    const collection = collections.get(name);
    if (call === "GET exists") return result({ exists: collection !== undefined });
    if (call === "PUT ") {
      if (collection) return failed(409, `Wrong input: Collection \`${name}\` already exists!`);
      const { vectors, ...config } = body as { vectors: { size: number; distance: string } };
      collections.set(name, { ...vectors, config, indexes: {}, points: new Map() });
      return result(true);
    }
    if (!collection) return failed(404, `Not found: Collection \`${name}\` doesn't exist!`);
    switch (call) {
      case "GET ":
        return result(describe(collection));
      case "PUT index": {
        const { field_name: field, field_schema: params } = body as { field_name: string; field_schema: { type: string } };
        collection.indexes[field] = { data_type: params.type, params, points: collection.points.size };
        return result(done);
      }
      case "PUT points":
        return upsert(collection, (body as { points: Point[] }).points);
      case "POST points/query":
        return query(collection, body as Query);
      case "POST points/delete":
        return remove(collection, body as { points?: string[]; filter?: Filter });
      case "POST points/count":
        return result({ count: collection.points.size });
      default:
        return failed(404, `no route ${method} ${path}`);
    }
  };
}

const done = { operation_id: 1, status: "acknowledged" };

function result(value: unknown): Reply {
  return { status: 200, body: { result: value } };
}

function failed(status: number, error: string): Reply {
  return { status, body: { status: { error } } };
}

function describe({ size, distance, config, indexes, points }: Collection): object {
  return {
    status: "green",
    optimizer_status: "ok",
    points_count: points.size,
    segments_count: 1,
    config: { params: { vectors: { size, distance } }, ...config },
    payload_schema: indexes,
  };
}

function upsert(collection: Collection, points: readonly Point[]): Reply {
  for (const { id, vector } of points) {
    if (!uuid.test(id)) return failed(400, `value ${id} is not a valid point ID`);
    if (vector.length !== collection.size) return failed(400, wrongSize(collection, vector));
  }
  for (const { id, vector, payload } of points) collection.points.set(id, { id, vector: normalised(vector), payload });
  return result(done);
}

interface Query {
  query: number[];
  filter: Filter;
  score_threshold: number;
  limit: number;
}

function query(collection: Collection, { query: vector, filter, score_threshold: floor, limit }: Query): Reply {
  if (vector.length !== collection.size) return failed(400, wrongSize(collection, vector));
  const asked = normalised(vector);
  const points = [...collection.points.values()]
    .filter(({ payload }) => matchesFilter(payload, filter))
    .map((point) => ({ id: point.id, version: 0, score: dot(asked, point.vector), payload: point.payload }))
    .filter(({ score }) => score >= floor)
    .toSorted((a, b) => b.score - a.score);
  return result({ points: points.slice(0, limit) });
}

function remove({ points }: Collection, { points: ids, filter }: { points?: string[]; filter?: Filter }): Reply {
  for (const id of ids ?? []) points.delete(id);
  if (filter) for (const { id, payload } of points.values()) if (matchesFilter(payload, filter)) points.delete(id);
  return result(done);
}

function wrongSize({ size }: Collection, vector: readonly number[]): string {
  return `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`;
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.sqrt(dot(vector, vector)) || 1;
  return vector.map((value) => value / length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
