import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** Other names of the same, to the first of a line. */
const aliases = `us usa america american americans states
uk britain british england english
france french
germany german
spain spanish
netherlands dutch holland
switzerland swiss
china chinese
poland polish
turkey turkish
greece greek
denmark danish
wales welsh
ireland irish
scotland scottish
norway norwegian
sweden swedish
finland finnish
js javascript
ts typescript
postgres postgresql
k8s kubernetes
mac macos macbook
xmas christmas`;
const aliasOf = new Map(aliases.split("\n").flatMap((line) => line.split(" ").map((name) => [name, line.split(" ")[0] ?? ""] as const)));
/** Written with a capital, and no names. */
const capitals = new Set([
  "i",
  "i'm",
  "i'd",
  "i'll",
  "i've",
  "mr",
  "mrs",
  "ms",
  "dr",
  "ok",
  "tv",
  "president",
  "king",
  "queen",
  "sir",
  "prof",
  "senator",
  "pm",
]);
const prefixLength = 5;

interface Name {
  name: string;
  at: number;
}

/** Words with a capital inside a sentence; none in a text whose words all have one. */
function namesOf({ typed, words, starts }: Reading): Name[] {
  const long = typed.filter((word) => word.length > 3);
  const capitalised = long.filter((word) => /^\p{Lu}/u.test(word)).length;
  if (long.length >= 4 && capitalised / long.length > 0.7) return [];
  return typed.flatMap((word, at) => {
    const name = words[at] ?? "";
    const isName = /^\p{Lu}/u.test(word) && word.length > 1 && !starts.has(at) && !capitals.has(name);
    return isName ? [{ name, at }] : [];
  });
}

function has({ words, wordSet }: Reading, name: string): boolean {
  if (wordSet.has(name)) return true;
  if (wordSet.has(`${name}s`) || (name.endsWith("s") && wordSet.has(name.slice(0, -1)))) return true;
  const alias = aliasOf.get(name) ?? name;
  return words.some(
    (word) =>
      (aliasOf.get(word) ?? word) === alias ||
      (name.length >= prefixLength && word.length >= prefixLength && name.slice(0, prefixLength) === word.slice(0, prefixLength)) ||
      isShortFor(name, word) ||
      isShortFor(word, name),
  );
}

/** "photoshop" and "adobephotoshop"; not the initials of several words. */
function isShortFor(short: string, long: string): boolean {
  return short.length > 3 && long.length > short.length && long.endsWith(short);
}

/** "WHO" for "World Health Organization". */
function isInitials(name: string, { words }: Reading): boolean {
  return (
    name.length > 1 &&
    words
      .map((word) => word[0])
      .join("")
      .includes(name)
  );
}

function missing(from: Reading, inside: Reading): Name[] {
  const names = namesOf(from);
  const found = new Set(names.filter(({ name }) => has(inside, name) || isInitials(name, inside)).map(({ at }) => at));
  const initials = new Set(inside.words.filter((word) => word.length > 1 && word.length < 6));
  return names.filter(({ at, name }) => {
    if (found.has(at)) return false;
    const run = names
      .filter((other) => Math.abs(other.at - at) < 4)
      .map((other) => other.name[0])
      .join("");
    return !(run.includes(name[0] ?? "") && initials.has(run));
  });
}

function isRestOfName(from: Reading, at: number, inside: Reading): boolean {
  return namesOf(from).some((other) => Math.abs(other.at - at) === 1 && has(inside, other.name));
}

/** Names: another one on each side is another question; one more on one side needs a sure verifier. */
export const names: Guard = {
  name: "names",
  check(a, b) {
    const [onlyA, onlyB] = [missing(a, b), missing(b, a)];
    if (onlyA.length > 0 && onlyB.length > 0) return "refuse";
    // "Donald Trump" and "Trump" are one: the rest of a name that is shared.
    return [...onlyA.map(({ at }) => [a, at] as const), ...onlyB.map(({ at }) => [b, at] as const)].every(([from, at]) =>
      isRestOfName(from, at, from === a ? b : a),
    )
      ? "pass"
      : "doubt";
  },
};
