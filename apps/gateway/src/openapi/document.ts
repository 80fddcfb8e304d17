import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { type Operation, operations } from "./operations.ts";
import { errorAnswer } from "./schemas.ts";

interface DocumentOptions {
  /** Whether an answer may hold only what is described (for tests; readers must accept what a later version adds). */
  closed?: boolean;
}

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of our own routes, made from the schemas that check and make their bodies. */
export function openApiDocument({ closed = false }: DocumentOptions = {}): Json {
  const output = (schema: z.ZodType): Json => toSchema(schema, "output", closed);
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation, output) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "llm-router",
      version: manifest.version,
      description: "Jobs, dead letters and administration of llm-router. It also speaks OpenAI's API (/v1) and Ollama's (/api).",
    },
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key. Without configured keys none is needed." } },
      responses: { Error: { description: "What went wrong.", content: json(output(errorAnswer)) } },
    },
  };
}

function describe(
  { id, path, summary, query, body, optionalBody = false, headers = {}, answers, access }: Operation,
  output: (schema: z.ZodType) => Json,
): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter("path", name ?? "", { type: "string" }, true));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) =>
    parameter("query", name, toSchema(schema as z.ZodType, "input"), false),
  );
  const inHeaders = Object.entries(headers).map(([name, description]) => ({
    ...parameter("header", name, { type: "string" }, false),
    description,
  }));
  const parameters = [...inPath, ...inQuery, ...inHeaders];
  return {
    operationId: id,
    summary: access === "admin" ? `${summary} Needs an admin key.` : summary,
    security: access === "open" ? [] : [{ key: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: !optionalBody, content: json(toSchema(body, "input")) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, { description: summary, ...contentOf(answer, output) }]),
      ),
      ...(access !== "open" && { default: { $ref: "#/components/responses/Error" } }),
    },
  };
}

function contentOf(answer: Operation["answers"][number], output: (schema: z.ZodType) => Json): Json {
  if (answer === undefined) return {};
  return { content: typeof answer === "string" ? { [answer]: {} } : json(output(answer)) };
}

const json = (schema: Json): Json => ({ "application/json": { schema } });

function parameter(place: "path" | "query" | "header", name: string, schema: Json, required: boolean): Json {
  return { name, in: place, required, schema };
}

function toSchema(schema: z.ZodType, io: "input" | "output", closed = false): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema: part }) => {
      if (io === "output" && !closed && part.additionalProperties === false) delete part.additionalProperties;
      // Bounds that only say "an integer that JavaScript can hold".
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
      if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
    },
  });
  return rest;
}
