import { functionWords } from "./function-words.ts";
import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";
import { stem } from "./stem.ts";

/** With such a word, the order of two things says nothing. */
const symmetric =
  /\b(?:vs|versus|between|differences?|differ|distance|compared?|comparison|both|same|similar|together|married|marry|dating|dates|dated|engaged|divorced|related|acquainted|equals?|identical|adjacent|parallel|near|next|sum|common|far)\b|\b(?:friend|relative|sibling|cousin|twin|partner|roommate|neighbou?r|colleague|coworker|classmate|rival|ally)(?:s\b|ies\b| (?:of|with|to)\b)/i;
const joins = /^(?:and|or|plus|nor)$/;
/** Greetings and the like, which say nothing of who does what. */
const courtesies = new Set(
  "quick question sir dear everyone guys precise brief short wonder wondering".split(" ").map((word) => stem(word)),
);

interface Place {
  stem: string;
  /** Among all words. */
  at: number;
}

function placesOf({ words }: Reading): Place[] {
  return words.flatMap((word, at) => {
    const stemmed = stem(word);
    return functionWords.has(word) || courtesies.has(stemmed) ? [] : [{ stem: stemmed, at }];
  });
}

/** A prompt with its sentences in the order of the other's, as far as they share words: what is said first is no role. */
function alignedTo(reading: Reading, places: readonly Place[], other: readonly Place[]): Place[] {
  const starts = [...reading.starts].toSorted((a, b) => a - b);
  const firstIn = (part: readonly Place[]) => {
    const stems = new Set(part.map((place) => place.stem));
    const found = other.findIndex((place) => stems.has(place.stem));
    return found === -1 ? other.length : found;
  };
  return starts
    .map((start, nth) => places.filter(({ at }) => at >= start && at < (starts[nth + 1] ?? Infinity)))
    .toSorted((a, b) => firstIn(a) - firstIn(b))
    .flat();
}

/** "was beaten by", "is liked by": who does it comes after "by". */
function isPassive({ words }: Reading): boolean {
  return words.some(
    (word, at) => word === "by" && words.slice(0, at).some((before) => /^(?:is|are|was|were|be|been|being|get|got|gets)$/.test(before)),
  );
}

/** "a and b" for "b and a": nothing but the two and such a word. */
function isJoined({ words }: Reading, first: number, second: number): boolean {
  return words.slice(first + 1, second).some((word) => joins.test(word));
}

/** Who does what to whom: two things that changed places did so for a reason. */
export const roles: Guard = {
  name: "roles",
  check(a, b) {
    const [one, other] = [placesOf(a), placesOf(b)];
    if (one.length < 2 || one.length !== other.length || !sameStems(one, other)) return "pass";
    if (symmetric.test(a.text) || symmetric.test(b.text)) return "pass";
    const aligned = { one: alignedTo(a, one, other), other: alignedTo(b, other, one) };
    const passiveTurned = isPassive(a) !== isPassive(b);
    // Either may be the one whose sentences are put in the other's order.
    const moved = [movedBetween(aligned.one, other), movedBetween(one, aligned.other)].toSorted((x, y) => x.length - y.length)[0] ?? [];
    if (moved.length === 0) return passiveTurned && one.length > 2 ? "refuse" : "pass";
    const [first, second] = moved;
    if (moved.length !== 2 || !first || !second) return "doubt";
    if (isJoined(a, ...ordered(first.one, second.one)) && isJoined(b, ...ordered(first.other, second.other))) return "pass";
    // Two neighbours that changed places may be two adjectives.
    if (Math.abs(first.nth - second.nth) < 2 && !areNames(a, [first.one, second.one])) return "doubt";
    return passiveTurned ? "pass" : "refuse";
  },
};

interface Moved {
  nth: number;
  one: number;
  other: number;
}

/** Where one has another word than the other. */
function movedBetween(one: readonly Place[], other: readonly Place[]): Moved[] {
  return one.flatMap((place, nth) => {
    const there = other[nth];
    return there === undefined || there.stem === place.stem ? [] : [{ nth, one: place.at, other: there.at }];
  });
}

function sameStems(one: readonly Place[], other: readonly Place[]): boolean {
  const sorted = other.map((place) => place.stem).toSorted();
  return one
    .map((place) => place.stem)
    .toSorted()
    .every((each, nth) => each === sorted[nth]);
}

function ordered(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}

function areNames({ typed }: Reading, places: readonly number[]): boolean {
  return places.every((at) => /^\p{Lu}/u.test(typed[at] ?? ""));
}
