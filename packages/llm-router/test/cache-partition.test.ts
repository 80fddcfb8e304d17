import { startSimulator } from "@llm-router/simulator";
import { redisTest } from "@llm-router/testkit";
import * as fc from "fast-check";
import type { Message, Request, Result } from "llm-router";
import { expect } from "vitest";
import { newRouter, untilCached } from "./support.ts";

const image = (byte: number) => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, byte]).toString("base64");
const tool = (name: string) => ({ type: "function" as const, function: { name, parameters: { type: "object", properties: {} } } });
const schema = (name: string) => ({ type: "json_schema" as const, json_schema: { name, schema: { type: "object" } } });
const said = (question: string, answer: string): Message[] => [
  { role: "user", content: question },
  { role: "assistant", content: answer },
];

/** What a request may differ in, with some values of each; undefined leaves it unset. Any two of a list are different requests. */
const fields = {
  tenant: [undefined, "a", "b", "A"],
  system: [undefined, "", "Be brief.", "Be brief. ", "Antworte kurz."],
  history: [undefined, said("a", "b"), said("a", "c"), [...said("a", "b"), ...said("c", "d")], [{ role: "system", content: "Be brief." }]],
  tools: [undefined, [tool("f")], [tool("g")], [tool("f"), tool("g")]],
  toolChoice: [undefined, "none", "auto"],
  responseFormat: [undefined, { type: "text" }, { type: "json_object" }, schema("one"), schema("two")],
  temperature: [undefined, 0, 0.1, 0.3],
  topP: [undefined, 0.5, 1],
  seed: [undefined, 0, 1, -1],
  maxTokens: [undefined, 100, 101],
  stop: [undefined, "END", ["END"], ["END", "STOP"], ["STOP", "END"]],
  providerOptions: [undefined, { top_k: 1 }, { top_k: 2 }, { temperature: 0.1 }],
  images: [undefined, [image(1)], [image(2)], [image(1), image(2)], [image(2), image(1)]],
} as const satisfies Record<string, readonly unknown[]>;
type Field = keyof typeof fields;
type Choice = Record<Field, number>;

const names = Object.keys(fields) as Field[];
const choice = fc.record(
  Object.fromEntries(names.map((name) => [name, fc.nat(fields[name].length - 1)])) as Record<Field, fc.Arbitrary<number>>,
);
/** A request, and another that differs from it in one field, or in several. */
const pair = fc
  .tuple(choice, fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.nat()), { minLength: 1, maxLength: 2, selector: ([name]) => name }))
  .map(([one, changes]): [Choice, Choice] => {
    const other = { ...one };
    for (const [name, by] of changes) other[name] = (one[name] + 1 + (by % (fields[name].length - 1))) % fields[name].length;
    return [one, other];
  });

function build(prompt: string, chosen: Choice): Request {
  const set = names.flatMap((name) => {
    const value = fields[name][chosen[name]];
    return name === "history" || value === undefined ? [] : [[name, value]];
  });
  const history = fields.history[chosen.history];
  const question = history ? { messages: [...history, { role: "user", content: prompt }] } : { prompt };
  return { ...(Object.fromEntries(set) as Omit<Request, "prompt">), ...question } as Request;
}

/** Whether it may be answered from the cache another time: that the semantic tier had nothing for it says nothing about that. */
function isKept({ cacheSkip = "" }: Result): boolean {
  return !["bypass", "temperature", "tools", "remote-image", "time-relative"].includes(cacheSkip);
}

redisTest("whenever two requests differ in anything but the wording's white space, the second one calls the model", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache();
  // So that an unset temperature, too, is one that may be cached.
  router.addModel("local", { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, apiKey: "unused", defaultTemperature: 0 });
  let pairs = 0;
  let stored = 0;
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(pair, async ([one, other]) => {
      const prompt = `Question ${++pairs}`;
      const first = await router.generate(build(prompt, one));
      expect(first.cached).toBe(false);
      if (isKept(first)) {
        await untilCached(redis, ++stored);
        expect(await router.generate(build(prompt, one))).toMatchObject({ cached: "exact", sourceRequestId: first.id });
        hits += 1;
      }
      const calls = simulator.stats.received;
      const second = await router.generate(build(prompt, other));
      expect(second.cached).toBe(false);
      expect(simulator.stats.received).toBe(calls + 1);
      if (isKept(second)) await untilCached(redis, ++stored);
    }),
    { numRuns: 80 },
  );
  // The test would say nothing if these were not cached at all.
  expect(hits).toBeGreaterThan(20);
});

redisTest("each field by itself separates, in both orders", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache();
  router.addModel("local", { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, apiKey: "unused", defaultTemperature: 0 });
  const unset = Object.fromEntries(names.map((name) => [name, 0])) as Choice;
  // Tools are cached only where they are not to be called.
  const base = (name: Field): Choice => (name === "tools" ? { ...unset, toolChoice: 1 } : unset);
  let stored = 0;
  for (const name of names) {
    for (const value of fields[name].keys()) {
      const result = await router.generate(build(`About ${name}`, { ...base(name), [name]: value }));
      expect([name, value, result.cached]).toEqual([name, value, false]);
      if (isKept(result)) await untilCached(redis, ++stored);
    }
  }
  const hits = await Promise.all(
    names.flatMap((name) =>
      [...fields[name].keys()].map(
        async (value) => (await router.generate(build(`About ${name}`, { ...base(name), [name]: value }))).cached,
      ),
    ),
  );
  expect(hits.filter((cached) => cached === "exact")).toHaveLength(stored);
});
