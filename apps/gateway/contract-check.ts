// Holds every kind of answer of the OpenAI and Ollama routes to the published specifications, which are no part of this
// project: `pnpm contracts --contracts DIR`, with openai.openapi.json and ollama.openapi.yaml in DIR.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startLocalRedis } from "@llm-router/service-kit";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse as parseYaml } from "yaml";
import { type Exchange, exchange, ollamaExchanges, openaiExchanges } from "./test/support/exchanges.ts";
import { openStack } from "./test/support/open-stack.ts";

const { values } = parseArgs({ options: { contracts: { type: "string" } } });
const folder = values.contracts;
if (folder === undefined) {
  console.error("contracts: name the folder of the specifications with --contracts DIR.");
  process.exit(2);
}
if (!existsSync(folder)) {
  console.log(`contracts: ${folder} does not exist; the published specifications were not checked.`);
  process.exit(0);
}

/** OpenAPI 3.0 wrote `nullable` beside a type, also where there is an `enum`; OpenAI's file, of 3.1, still does. JSON Schema knows only a choice. */
function withoutNullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutNullable);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutNullable(value)]));
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

/** A validator for each of a specification's schemas, made when it is asked for. */
function openSpecification(id: string, document: unknown): (schema: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  ajv.addSchema(withoutNullable(document) as object, id);
  return (schema) => {
    const validate = ajv.getSchema(`${id}#/components/schemas/${schema}`);
    if (!validate) throw new Error(`${id} has no schema ${schema}`);
    return validate;
  };
}

async function check(url: string, each: Exchange, specification: (schema: string) => ValidateFunction): Promise<string[]> {
  const parts = await exchange(url, each);
  return parts.flatMap((part, i) => {
    const isLast = i === parts.length - 1;
    const validate = specification((isLast ? each.publishedEnd : undefined) ?? each.published);
    return validate(part)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${each.name}, part ${i}: ${instancePath} ${message}`);
  });
}

const openai = openSpecification("openai", JSON.parse(readFileSync(join(folder, "openai.openapi.json"), "utf8")));
const ollama = openSpecification("ollama", parseYaml(readFileSync(join(folder, "ollama.openapi.yaml"), "utf8")));
await using redis = await startLocalRedis();
await using stack = await openStack({ url: redis.url, namespace: "contracts" });
const problems: string[] = [];
for (const [exchanges, specification] of [
  [openaiExchanges, openai],
  [ollamaExchanges, ollama],
] as const) {
  for (const each of exchanges) problems.push(...(await check(stack.gateway.url, each, specification)));
}
const count = openaiExchanges.length + ollamaExchanges.length;
console.log(
  problems.length === 0
    ? `contracts: ${count} exchanges hold to the published specifications.`
    : `contracts: ${problems.length} deviations\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
