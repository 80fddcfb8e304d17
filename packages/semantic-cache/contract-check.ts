// Holds every request that the Qdrant store sends to Qdrant's published specification, which is no part of this project:
// `pnpm contracts:qdrant --contracts DIR`, with qdrant.openapi.json in DIR.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createKeys } from "@llm-router/contracts";
import { connectRedis, createQueueContext, createVectorLog, whenReady } from "@llm-router/job-queue";
import { startLocalRedis } from "@llm-router/service-kit";
import { type RecordedRequest, startQdrantStandIn } from "@llm-router/testkit/qdrant-stand-in";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { QdrantStore } from "./src/stores/qdrant/qdrant-store.ts";
import { pointOf, testDimensions } from "./src/testing/vectors.ts";

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
}
interface Specification {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

const { values } = parseArgs({ options: { contracts: { type: "string" } } });
const folder = values.contracts;
if (folder === undefined) {
  console.error("contracts: name the folder of the specifications with --contracts DIR.");
  process.exit(2);
}
const file = join(folder, "qdrant.openapi.json");
if (!existsSync(file)) {
  console.log(`contracts: ${file} does not exist; Qdrant's published specification was not checked.`);
  process.exit(0);
}

const specification = withoutNullable(JSON.parse(readFileSync(file, "utf8"))) as Specification;
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
ajv.addSchema({ components: specification.components }, "qdrant");

/** OpenAPI 3.0 writes `nullable`, beside a type or as an alternative of its own, where JSON Schema has the type `null`. */
function withoutNullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutNullable);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutNullable(value)]));
  if (nullable !== true) return rest;
  return Object.keys(rest).length === 0 ? { type: "null" } : { anyOf: [rest, { type: "null" }] };
}

/** What a request does not hold to; empty when it is as published. */
function problemsOf({ method, path, body }: RecordedRequest): string[] {
  const url = new URL(path, "http://qdrant");
  const [template, operation] =
    Object.entries(specification.paths)
      .filter(([each]) => new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(url.pathname))
      .map(([each, operations]) => [each, operations[method.toLowerCase()]] as const)
      .find(([, found]) => found !== undefined) ?? [];
  if (!operation) return [`${method} ${url.pathname}: there is no such operation`];
  const known = (operation.parameters ?? []).filter((each) => each.in === "query").map(({ name }) => name);
  const unknown = [...url.searchParams.keys()].filter((name) => !known.includes(name));
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (!schema) return body === undefined ? [] : [`${method} ${template}: takes no body`];
  const errors = validate(schema, body).map((error) => `${method} ${template}: ${error}`);
  return [...unknown.map((name) => `${method} ${template}: there is no parameter ${name}`), ...errors];
}

function validate(schema: object, body: unknown): string[] {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"qdrant#/components');
  const check: ValidateFunction = ajv.compile(JSON.parse(text) as object);
  return check(body) ? [] : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Everything that the store does, once. */
async function sendAll(): Promise<readonly RecordedRequest[]> {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startQdrantStandIn({ apiKey: "key" }));
  const { url } = parts.use(await startLocalRedis());
  const redis = connectRedis({ url }, "commands");
  await whenReady(redis, 10_000);
  parts.defer(() => redis.disconnect());
  const context = createQueueContext(redis, createKeys("contracts"));
  const log = createVectorLog({ context, blocking: connectRedis({ url }, "blocking") });
  const store = new QdrantStore({ url: server.url, apiKey: "key", collection: "c", dimensions: testDimensions, log, timeoutMs: 5_000 });
  parts.defer(() => store.close());
  await store.warmUp();
  const points = ["a", "b"].map((prompt) => pointOf({ prompt }));
  for (const { entry } of points) await context.run("cache-put", [entry, "{}", 60_000, 10]);
  await store.upsert(points);
  const [point] = points;
  if (!point) throw new Error("no point");
  const found = await store.query({ partition: "p", vector: point.vector, limit: 5, floor: 0.75, models: ["a", "b"] });
  if (found.length === 0) throw new Error("the stand-in found nothing");
  await store.delete([point.id]);
  await store.deleteAll();
  await store.health();
  return server.requests;
}

const requests = await sendAll();
const problems = requests.flatMap(problemsOf);
const kinds = new Set(requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`));
console.log(
  problems.length === 0
    ? `contracts: ${requests.length} requests of ${kinds.size} kinds hold to Qdrant's published specification.`
    : `contracts: ${problems.length} deviations\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
