import { functionWords } from "./function-words.ts";
import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";
import { stem } from "./stem.ts";

/** With such a word, the order of two things says nothing. */
const symmetric =
  /\b(?:vs|versus|between|differences?|differ|distance|compared?|comparison|both|same|similar|together|married|marry|dating|dates|dated|engaged|divorced|related|acquainted|equals?|identical|adjacent|parallel|near|next to|sum|common|far)\b|\b(?:friend|relative|sibling|cousin|twin|partner|roommate|neighbou?r|colleague|coworker|classmate|rival|ally)(?:s\b|ies\b| (?:of|with|to)\b)/i;
/** Words between which two things may have changed places: to look for them takes the cube of it. */
const longestMoved = 24;
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
function isJoined({ words }: Reading, [first, second]: [number, number]): boolean {
  return words.slice(first + 1, second).some((word) => joins.test(word));
}

/** Who does what to whom: two things that changed places did so for a reason. */
export const roles: Guard = {
  name: "roles",
  check(a, b) {
    const [one, other] = [placesOf(a), placesOf(b)];
    if (one.length < 2 || one.length !== other.length || !sameStems(one, other)) return "pass";
    if (symmetric.test(a.text) || symmetric.test(b.text)) return "pass";
    const passiveTurned = isPassive(a) !== isPassive(b);
    // Either may be the one whose sentences are put in the other's order.
    const orders = [[one, other] as const, [alignedTo(a, one, other), other] as const, [one, alignedTo(b, other, one)] as const];
    if (orders.some(([x, y]) => x.every((place, nth) => place.stem === y[nth]?.stem)))
      return passiveTurned && one.length > 2 ? "refuse" : "pass";
    const swaps = orders.flatMap(([x, y]) => swapOf(x, y) ?? []);
    const [swap] = swaps;
    if (!swap) return "doubt";
    if (isJoined(a, swap.one) && isJoined(b, swap.other)) return "pass";
    // Two neighbours that changed places may be two adjectives.
    if (swap.adjacent && !areNames(a, swap.one)) return "doubt";
    return passiveTurned ? "pass" : "refuse";
  },
};

interface Swap {
  /** Where the first of the two ends and the second begins, among all words. */
  one: [number, number];
  other: [number, number];
  adjacent: boolean;
}

/** Two things, of one word or more, that changed places while the rest stands where it stood. */
function swapOf(one: readonly Place[], other: readonly Place[]): Swap | undefined {
  const differs = (place: Place, nth: number) => place.stem !== other[nth]?.stem;
  const [from, to] = [one.findIndex(differs), one.findLastIndex(differs) + 1];
  if (to - from > longestMoved) return undefined;
  const same = (start: number, there: number, length: number) =>
    one.slice(start, start + length).every((place, nth) => place.stem === other[there + nth]?.stem);
  for (let first = 1; first < to - from; first++) {
    for (let second = 1; first + second <= to - from; second++) {
      const between = to - from - first - second;
      const fits = same(from, to - first, first) && same(to - second, from, second) && same(from + first, from + second, between);
      if (!fits) continue;
      const at = (places: readonly Place[], nth: number) => places[nth]?.at ?? 0;
      return {
        one: [at(one, from + first - 1), at(one, to - second)],
        other: [at(other, from + second - 1), at(other, to - first)],
        adjacent: between === 0,
      };
    }
  }
  return undefined;
}

function sameStems(one: readonly Place[], other: readonly Place[]): boolean {
  const sorted = other.map((place) => place.stem).toSorted();
  return one
    .map((place) => place.stem)
    .toSorted()
    .every((each, nth) => each === sorted[nth]);
}

function areNames({ typed }: Reading, places: readonly number[]): boolean {
  return places.every((at) => /^\p{Lu}/u.test(typed[at] ?? ""));
}
