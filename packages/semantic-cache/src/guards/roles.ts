import { functionWords } from "./function-words.ts";
import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";
import { stem } from "./stem.ts";

/** Where they stand, the order of two things says nothing. */
const symmetric =
  /\b(?:and|or|vs|versus|between|differences?|differ|distance|compared?|comparison|both|same|similar|together|married|marry|dating|dates|dated|engaged|divorced|related|acquainted|equals?|identical|adjacent|parallel|near|next|plus|sum|common|far)\b|\b(?:friend|relative|sibling|cousin|twin|partner|roommate|neighbou?r|colleague|coworker|classmate|rival|ally)(?:s\b|ies\b| (?:of|with|to)\b)/i;

/** Content words that are on both sides, in this one's order. */
function sharedOrder(reading: Reading, other: ReadonlySet<string>): string[] {
  return reading.words.map((word) => (functionWords.has(word) ? "" : stem(word))).filter((word) => word !== "" && other.has(word));
}

function stemsOf({ words }: Reading): Set<string> {
  return new Set(words.filter((word) => !functionWords.has(word)).map((word) => stem(word)));
}

/** "was beaten by", "is liked by": who does it comes after "by". */
function isPassive({ words }: Reading): boolean {
  return words.some(
    (word, at) => word === "by" && words.slice(0, at).some((before) => /^(?:is|are|was|were|be|been|being|get|got)$/.test(before)),
  );
}

/** Who does what to whom: two things that changed places did so for a reason. */
export const roles: Guard = {
  name: "roles",
  check(a, b) {
    const [one, other] = [sharedOrder(a, stemsOf(b)), sharedOrder(b, stemsOf(a))];
    if (one.length < 2 || one.length !== other.length) return "pass";
    if (symmetric.test(a.text) || symmetric.test(b.text)) return "pass";
    if (stemsOf(a).size !== stemsOf(b).size || new Set(one).size !== stemsOf(a).size) return "pass";
    const same = one.every((word, at) => word === other[at]);
    const passiveTurned = isPassive(a) !== isPassive(b);
    if (same) return passiveTurned && one.length > 2 ? "refuse" : "pass";
    if (!isSwap(one, other)) return "doubt";
    return passiveTurned ? "pass" : "refuse";
  },
};

/** Two of them changed places, the rest stands where it stood. */
function isSwap(one: readonly string[], other: readonly string[]): boolean {
  const moved = one.flatMap((word, at) => (word === other[at] ? [] : [at]));
  const [first = 0, second = 0] = moved;
  return moved.length === 2 && second - first > 1 && one[first] === other[second] && one[second] === other[first];
}
