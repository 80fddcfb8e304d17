import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { guard, guards } from "../../src/guards/index.ts";
import { read } from "../../src/guards/reading.ts";

const word = oneof(
  constantFrom("not", "from", "to", "Anna", "7", "$5", "km", "who", "his", "x", "`y`", '"z"', "May", ":", "?", "before", "Python", "= 3"),
  string({ maxLength: 6 }),
);
const prompt = array(word, { maxLength: 14 }).map((words) => words.join(" "));

test("no guard refuses a prompt that is equal", () => {
  assert(
    property(prompt, (text) => {
      expect(guard(read(text), read(text)).verdict).not.toBe("refuse");
    }),
    { examples: [["$(A"]] },
  );
});

test("no guard depends on which of the two was first", () => {
  assert(
    property(prompt, prompt, (a, b) => {
      for (const { name, check } of guards) expect([name, check(read(a), read(b))]).toEqual([name, check(read(b), read(a))]);
    }),
  );
});

test("the first that refuses is named, and so are all that doubt", () => {
  expect(guard(read("List 3 cats"), read("List 4 dogs"))).toEqual({ verdict: "refuse", by: ["numbers"] });
  expect(guard(read("Is tea good in winter?"), read("Is coffee good?"))).toEqual({ verdict: "doubt", by: ["dates"] });
});
