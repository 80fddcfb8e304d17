import { functionWords } from "./function-words.ts";
import { differences, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";
import { stem } from "./stem.ts";

function contentOf({ words }: Reading): Set<string> {
  return new Set(words.filter((word) => !functionWords.has(word)).map((word) => stem(word)));
}

/** Equal but for one word for another: a synonym or a trap, and the vectors hardly differ. */
export const minimalPair: Guard = {
  name: "minimal-pair",
  check(a, b) {
    const { onlyA, onlyB } = differences(contentOf(a), contentOf(b));
    return onlyA.length === 1 && onlyB.length === 1 ? "doubt" : "pass";
  },
};
