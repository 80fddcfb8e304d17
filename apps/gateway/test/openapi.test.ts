import { Client } from "@llm-router/client";
import { parseConfig } from "@llm-router/contracts";
import { redisTest } from "@llm-router/testkit";
import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { createGateway } from "../src/index.ts";
import { openApiDocument } from "../src/openapi/document.ts";
import { operations } from "../src/openapi/operations.ts";
import { type Answer, call, silent, startCluster, withKeys } from "./support/cluster.ts";

interface Described {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema?: AnySchema }>; $ref?: string }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { responses: { Error: { content: { "application/json": { schema: AnySchema } } } } };
}

const closed = openApiDocument({ closed: true }) as unknown as Document;
const ajv = new Ajv2020({ strict: false });

/** What is wrong with a JSON answer to an operation; empty when nothing is. */
function flaws(operationId: string, { status, headers, body }: Answer): string[] {
  const described = Object.values(closed.paths)
    .flatMap((methods) => Object.values(methods))
    .find((each) => each.operationId === operationId);
  const content = described?.responses[status]?.content ?? (described?.responses["default"] && closed.components.responses.Error.content);
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  const answer = content?.[type as "application/json"];
  if (!answer) return [`${operationId}: ${status} ${type} is not described`];
  if (answer.schema === undefined) return [];
  const validate = ajv.compile(answer.schema);
  return validate(body) ? [] : [`${operationId} ${status}: ${ajv.errorsText(validate.errors)}`];
}

interface Layer {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
}

/** `get /v1/jobs/{id}` for each route of an Express app. */
function routesOf(layers: readonly Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (!route) return routesOf(handle?.stack ?? []);
    return [route.path]
      .flat()
      .flatMap((path) => Object.keys(route.methods).map((method) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`));
  });
}

/** OpenAI's, Ollama's, and the board's pages for people. */
const notOurs = /^\w+ (\/$|\/api\/|\/v1\/(chat|models)|\/log(in|out)$)/;

redisTest("no route of ours is missing from the document", async ({ redis }) => {
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  const { app } = createGateway({ client, config: parseConfig({}), logger: silent });
  const { stack } = app.router as unknown as { stack: Layer[] };
  const ours = routesOf(stack).filter((route) => !notOurs.test(route));
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  expect(ours.toSorted((a, b) => a.localeCompare(b))).toEqual(described.toSorted((a, b) => a.localeCompare(b)));
});

redisTest("every operation of /openapi.json answers as it says", async ({ redis }) => {
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ ops: { tenant: "ops", admin: true } });
  const gateway = await cluster.gateway({ config });
  const served = (await call(gateway, "/openapi.json")).body as Document;
  expect(served.openapi).toBe("3.1.0");
  expect(Object.keys(served.paths)).toEqual([...new Set(operations.map(({ path }) => path))]);

  const ask = (path: string, options: Parameters<typeof call>[2] = {}) => call(gateway, path, { key: keys.ops, ...options });
  const failed = async () => {
    const { body } = await ask("/v1/jobs", { body: { prompt: "p", model: "broken" } });
    await gateway.client.attach(body.id).outcome();
    return body.id as string;
  };
  const [first, second, third] = await Promise.all([failed(), failed(), failed()]);
  const done = await gateway.client.enqueue({ prompt: "p", model: "fast", tenant: "ops" });
  await done.outcome();
  const calls: Record<string, () => Promise<Answer>> = {
    generate: () => ask("/generate", { body: { prompt: "p", model: "fast" } }),
    submitJob: () => ask("/v1/jobs", { body: { prompt: "p", model: "fast" } }),
    getJob: () => ask(`/v1/jobs/${done.id}`),
    followJob: () => ask(`/v1/jobs/${done.id}/events`),
    getJobHistory: () => ask(`/v1/jobs/${done.id}/history`),
    cancelJob: () => ask(`/v1/jobs/${done.id}`, { method: "DELETE" }),
    listDeadLetters: () => ask("/v1/dead-letters?model=broken&limit=10"),
    replayDeadLetter: () => ask(`/v1/dead-letters/${first}/replay`, { body: { model: "fast" } }),
    purgeDeadLetter: () => ask(`/v1/dead-letters/${second}`, { method: "DELETE" }),
    purgeDeadLetters: () => ask("/v1/dead-letters?all=true", { method: "DELETE" }),
    getStats: () => ask("/v1/admin/stats"),
    getModels: () => ask("/v1/admin/models"),
    getWorkers: () => ask("/v1/admin/workers"),
    getMetrics: () => ask("/metrics"),
    getHealth: () => ask("/healthz"),
    getReadiness: () => ask("/readyz"),
    getOpenApi: () => ask("/openapi.json"),
  };
  expect(Object.keys(calls).toSorted((a, b) => a.localeCompare(b))).toEqual(
    operations.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)),
  );
  expect(flaws("getJob", await ask(`/v1/jobs/${third}`))).toEqual([]);
  for (const { id, method, path, answers, access } of operations) {
    const answer = (await calls[id]?.()) as Answer;
    expect([id, Object.keys(answers)]).toEqual([id, expect.arrayContaining([String(answer.status)])]);
    expect(flaws(id, answer)).toEqual([]);
    if (access === "open") continue;
    const refused = await call(gateway, path.replace("{id}", done.id), { method: method.toUpperCase() });
    expect([id, refused.status]).toEqual([id, 401]);
    expect(flaws(id, refused)).toEqual([]);
  }
  // Errors of the routes themselves, too.
  for (const [id, answer] of Object.entries({
    getJob: await ask("/v1/jobs/nothing"),
    generate: await ask("/generate", { body: { prompt: "p", model: "nobody" } }),
    submitJob: await ask("/v1/jobs", { body: { prompt: 1 } }),
    listDeadLetters: await ask("/v1/dead-letters?limit=0"),
    purgeDeadLetters: await ask("/v1/dead-letters", { method: "DELETE" }),
  })) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(flaws(id, answer)).toEqual([]);
  }
});
