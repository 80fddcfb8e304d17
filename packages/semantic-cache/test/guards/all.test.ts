import fc from "fast-check";
import { expect, test } from "vitest";
import { guard, guards } from "../../src/guards/index.ts";
import { read } from "../../src/guards/reading.ts";

const word = fc.oneof(
  fc.constantFrom(
    "not",
    "from",
    "to",
    "Anna",
    "7",
    "$5",
    "km",
    "who",
    "his",
    "x",
    "`y`",
    '"z"',
    "May",
    ":",
    "?",
    "before",
    "Python",
    "= 3",
  ),
  fc.string({ maxLength: 6 }),
);
const prompt = fc.array(word, { maxLength: 14 }).map((words) => words.join(" "));

test("no guard refuses a prompt that is equal", () => {
  fc.assert(fc.property(prompt, (text) => guard(read(text), read(text)).verdict !== "refuse"));
});

test("no guard depends on which of the two was first", () => {
  fc.assert(
    fc.property(prompt, prompt, (a, b) => {
      for (const { name, check } of guards) expect([name, check(read(a), read(b))]).toEqual([name, check(read(b), read(a))]);
    }),
  );
});

test("the first that refuses is named, and so are all that doubt", () => {
  expect(guard(read("List 3 cats"), read("List 4 dogs"))).toEqual({ verdict: "refuse", by: ["numbers"] });
  expect(guard(read("Is tea good in winter?"), read("Is coffee good?"))).toEqual({ verdict: "doubt", by: ["dates"] });
});
