import { differences, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

const he = /^(?:he|him|his|himself)$/;
const she = /^(?:she|her|hers|herself)$/;
const relatives = new Set(
  "mother father mom dad son daughter wife husband brother sister grandmother grandfather grandma grandpa aunt uncle cousin nephew niece boyfriend girlfriend baby child kid toddler dog cat puppy kitten horse boss manager colleague coworker neighbor neighbour landlord tenant friend teacher student employee employer doctor patient".split(
    " ",
  ),
);
const alike = new Map([
  ["mom", "mother"],
  ["dad", "father"],
  ["grandma", "grandmother"],
  ["grandpa", "grandfather"],
  ["kid", "child"],
  ["coworker", "colleague"],
  ["neighbour", "neighbor"],
  ["puppy", "dog"],
  ["kitten", "cat"],
  ["manager", "boss"],
]);
/** They narrow what is meant. */
const quantifiers = /^(?:only|all|every|both|few|none|except|another|else)$/;

function gendersOf({ words }: Reading): Set<string> {
  return new Set(words.flatMap((word) => (he.test(word) ? ["he"] : she.test(word) ? ["she"] : [])));
}

function relativesOf({ words }: Reading): Set<string> {
  return new Set(
    words
      .map((word) => word.replace(/s$/, ""))
      .filter((word) => relatives.has(word))
      .map((word) => alike.get(word) ?? word),
  );
}

/** "What is my name?" and "What is your name?": nothing else differs. "Can you reset your" for "can I reset my" is another matter. */
function otherOwner(a: Reading, b: Reading): boolean {
  const { onlyA, onlyB } = differences(a.wordSet, b.wordSet);
  return onlyA.length === 1 && onlyB.length === 1 && [...onlyA, ...onlyB].every((word) => /^(?:my|your|his|her|our|their)$/.test(word));
}

function quantifiersOf({ words }: Reading): Set<string> {
  return new Set(words.filter((word) => quantifiers.test(word)));
}

/** Who is meant: he or she, my or your, which relative; and all, some or only. */
export const persons: Guard = {
  name: "persons",
  check(a, b) {
    const gender = differences(gendersOf(a), gendersOf(b));
    if (gender.onlyA.length > 0 && gender.onlyB.length > 0) return "refuse";
    const relative = differences(relativesOf(a), relativesOf(b));
    if (relative.onlyA.length > 0 && relative.onlyB.length > 0) return "refuse";
    if (otherOwner(a, b)) return "refuse";
    const { onlyA, onlyB } = differences(quantifiersOf(a), quantifiersOf(b));
    const doubtful =
      onlyA.length + onlyB.length + gender.onlyA.length + gender.onlyB.length + relative.onlyA.length + relative.onlyB.length > 0;
    return doubtful ? "doubt" : "pass";
  },
};
