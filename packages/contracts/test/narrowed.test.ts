import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { narrowed } from "../src/narrowed.ts";
import { narrowRequestSchema, requestSchema } from "../src/index.ts";

const value = fc.oneof(fc.constantFrom("a", "", "use", 0, 1, -1, 1.5, true, null, undefined, "low"), fc.jsonValue({ maxDepth: 3 }));

test("a request gets the same verdict from the fields that it has as from all", () => {
  const names = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...Object.keys(requestSchema.shape)) },
    { weight: 1, arbitrary: fc.string() },
  );
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(names, value, { maxKeys: 5 }), value), (input) => {
      expect(narrowRequestSchema(input).safeParse(input)).toEqual(requestSchema.safeParse(input));
    }),
    { numRuns: 500 },
  );
});

test("what must be there is missed, what has a default gets it, and what is inherited counts", () => {
  const fields = z.object({ must: z.string(), filled: z.number().default(3), may: z.boolean().optional() });
  const narrow = narrowed(fields, (schema) => schema.readonly());
  for (const input of [{}, { must: "a" }, { may: true }, Object.create({ must: "a", may: false }), [], "text", undefined]) {
    expect(narrow(input).safeParse(input)).toEqual(fields.readonly().safeParse(input));
  }
});

test("a set of fields is put together once, and only so many sets are remembered", () => {
  const fields = z.object(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, z.string().optional()])));
  const narrow = narrowed(fields, (schema) => schema);
  expect(narrow({ f1: "a" })).toBe(narrow({ f1: "b", other: 1 }));
  for (let index = 0; index < 100; index++) narrow({ [`f${index}`]: "a" });
  expect(narrow({ f99: "a" })).toBe(fields);
  expect(Object.keys(narrow({ f1: "a" }).shape)).toEqual(["f1"]);
});
