import { equalSets, type Guard } from "./guard.ts";
import { isTens, numberOf, ordinalOf, scaleOf, unitOf } from "./number-words.ts";
import type { Reading } from "./reading.ts";

const versionPattern = /\d+(?:\.\d+){2,}/g;
const ordinalPattern = /(?<![\d.])(\d+)(?:st|nd|rd|th)\b/gi;

/** Numbers, versions and ordinals by their value: "1,000", "1k" and "a thousand" are one. */
export function numbersOf({ text, words }: Reading): Set<string> {
  const found = new Set<string>(text.match(versionPattern) ?? []);
  for (const [, digits] of text.matchAll(ordinalPattern)) found.add(`#${digits}`);
  const ordinalDigits = new Set([...text.matchAll(ordinalPattern)].map((match) => match[1]));
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const ordinal = ordinalOf(word) ?? (word === "second" && words[at - 1] === "the" ? 2 : undefined);
    if (ordinal !== undefined) found.add(`#${ordinal}`);
    let value = numberOf(word);
    if (word === "i" && /^(?:war|part|chapter|volume|act)$/.test(words[at - 1] ?? "")) value = 1;
    if (value === undefined && (word === "a" || word === "one") && scaleOf(words[at + 1] ?? "") !== undefined) value = 1;
    if (value === undefined || ordinalDigits.has(word) || /\d\.\d+\.\d/.test(word)) continue;
    const unit = isTens(word) ? unitOf(words[at + 1] ?? "") : undefined;
    if (unit !== undefined) value += unit;
    if (unit !== undefined) at++;
    for (let scale = scaleOf(words[at + 1] ?? ""); scale !== undefined; scale = scaleOf(words[at + 1] ?? "")) {
      value *= scale;
      at++;
    }
    found.add(String(value));
  }
  return found;
}

/** The same numbers on both sides. */
export const numbers: Guard = {
  name: "numbers",
  check: (a, b) => (equalSets(numbersOf(a), numbersOf(b)) ? "pass" : "refuse"),
};
