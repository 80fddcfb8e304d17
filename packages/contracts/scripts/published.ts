import { z } from "zod";
import { configSchema } from "../src/config.ts";
import { errorCatalog } from "../src/errors.ts";
import { requestSchema } from "../src/request.ts";
import { deltaSchema, eventSchema, outcomeSchema, resultSchema } from "../src/result.ts";
import { type Shape, alternatives, expectation, shapeOf } from "../src/schema-shape.ts";

/** Every file that is made from the code, by its path from the repository's root. */
export function publishedFiles(): Record<string, string> {
  return {
    "schemas/config.schema.json": jsonSchema(configSchema, "input", "llm-router configuration", "llm-router.yaml or llm-router.json"),
    "schemas/request.schema.json": jsonSchema(requestSchema, "input", "llm-router request", "What a caller hands over.", requestRules),
    "schemas/result.schema.json": jsonSchema(resultSchema, "output", "llm-router result", "A completed request's answer."),
    "schemas/delta.schema.json": jsonSchema(
      deltaSchema,
      "output",
      "llm-router delta",
      "A part of an answer; its `seq` is one counter with the events'.",
    ),
    "schemas/event.schema.json": jsonSchema(eventSchema, "output", "llm-router event", "Something that happened to a request."),
    "schemas/outcome.schema.json": jsonSchema(outcomeSchema, "output", "llm-router outcome", "The one end of an accepted request."),
    "docs/errors.md": errorsPage(),
    "docs/configuration.md": configurationPage(),
  };
}

/** What zod's refinements say: exactly one of prompt and messages, at most one of model and models. */
const requestRules = { oneOf: [{ required: ["prompt"] }, { required: ["messages"] }], not: { required: ["model", "models"] } };

function jsonSchema(schema: z.ZodType, io: "input" | "output", title: string, description: string, rules: object = {}): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema: part }) => {
      // Readers of results must accept fields that a later version adds.
      if (io === "output" && part.additionalProperties === false) delete part.additionalProperties;
      // Bounds that only say "an integer that JavaScript can hold".
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
      if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
    },
  });
  return `${JSON.stringify({ $schema, title, description, ...rest, ...rules }, undefined, 2)}\n`;
}

const generated = "<!-- Made from the code by packages/contracts/scripts/write-schemas.ts; edit the texts there. -->";

function errorsPage(): string {
  const rows = Object.entries(errorCatalog).map(
    ([code, { status, retryable, fix }]) => `| \`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${cell(fix)} |`,
  );
  return [
    "# Error codes",
    generated,
    "",
    "Every error of llm-router has a `code` from this table, a `message` that says what happened, and where they apply `id`, `model`, `attempts`, `skipped` and `retryAfterMs`.",
    "Status is what the gateway answers over HTTP. Retryable: the same call may succeed later.",
    "",
    "| code | status | retryable | fix |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function configurationPage(): string {
  return [
    "# Configuration",
    generated,
    "",
    "A process reads the file that `LLMR_CONFIG` names, else `./llm-router.yaml`, else `./llm-router.json`, else nothing. `npx llm-router config check` checks a file.",
    "Any text may hold `${NAME}` or `${NAME:-default}`, read from the environment where it is used: the name is stored in Redis, the value never. `$${` stands for a plain `${`.",
    "[llm-router.example.yaml](../llm-router.example.yaml) is a commented example, and [schemas/config.schema.json](../schemas/config.schema.json) lets editors complete and check a file:",
    "begin it with `# yaml-language-server: $schema=./schemas/config.schema.json`.",
    "",
    ...sections(shapeOf(configSchema)),
  ].join("\n");
}

/** A section for each mapping: `models.<name>`, `models.<name>.classShare`, `breaker`, … The four routes are one. */
function sections(root: Shape): string[] {
  const { critical } = root.properties?.["routes"]?.properties ?? {};
  const model = root.properties?.["models"]?.additionalProperties;
  const { keys, board } = root.properties?.["gateway"]?.properties ?? {};
  const key = keys?.additionalProperties;
  if (!critical || typeof model !== "object") throw new Error("the configuration's shape has no models or routes");
  if (!board || typeof key !== "object") throw new Error("the configuration's shape has no gateway");
  const qdrant = alternatives(root.properties?.["cache"]?.properties?.["store"] ?? {}).find(({ properties }) => properties);
  if (!qdrant) throw new Error("the configuration's shape has no store of the cache");
  const others = Object.entries(root.properties ?? {}).filter(([name]) => name !== "models" && name !== "routes");
  return [
    section("models.<name>", model),
    section("models.<name>.classShare", model.properties?.["classShare"] ?? {}),
    section("routes.critical, routes.high, routes.normal, routes.low", critical),
    ...others.map(([name, shape]) => section(name, shape)),
    section("cache.store", qdrant),
    section("gateway.keys.<name>", key),
    section("gateway.board", board),
  ];
}

function section(title: string, shape: Shape): string {
  const rows = Object.entries(shape.properties ?? {}).map(([key, field]) => {
    const fallback = shape.required?.includes(key)
      ? "required"
      : field.default === undefined
        ? "unset"
        : field.properties
          ? "see below"
          : `\`${JSON.stringify(field.default)}\``;
    return `| \`${key}\` | ${cell(typeText(field))} | ${fallback} | ${cell(field.description ?? "")} |`;
  });
  return [
    `## \`${title}\``,
    shape.description ?? "",
    "",
    "| key | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function typeText(shape: Shape): string {
  const text = expectation(alternatives(shape));
  return shape.items?.type ? `${text} (${expectation(alternatives(shape.items))})` : text;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
