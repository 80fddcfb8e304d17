import { equalSets, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

const formulaPattern = /[\w.()]+(?:\s*[=+*^<>×÷]+\s*-?[\w.()]+)+|\d+(?:\s*[/-]\s*\d+)+/g;
/** Short for "you", "are", "and", "why" in hasty typing. */
const slang = new Set(["u", "r", "n", "y", "s", "k"]);

function formulasOf({ text }: Reading): Set<string> {
  const found = text.replaceAll(/c\+\+/gi, "cpp").match(formulaPattern) ?? [];
  return new Set(found.map((formula) => formula.replaceAll(/\s+/g, "").replace(/\.$/, "")));
}

/** Single letters: variables, the languages C and R, vitamins, plans A and B. */
function lettersOf({ typed, starts }: Reading): Set<string> {
  const found = typed.filter((word, at) => {
    if (word.length !== 1 || !/[a-z]/i.test(word) || slang.has(word) || /^i$/i.test(word)) return false;
    if (word === "a" || (word === "A" && starts.has(at))) return false;
    if (/^\d/.test(typed[at - 1] ?? "")) return false;
    const next = typed[at + 1]?.toLowerCase();
    return !(/^[ext]$/i.test(word) && (next === "mail" || next === "ray" || next === "shirt"));
  });
  return new Set(found.map((letter) => letter.toLowerCase()));
}

function lettersInside(formulas: ReadonlySet<string>): string[] {
  return [...formulas].flatMap((formula) => formula.match(/(?<![a-z])[a-z](?![a-z])/gi) ?? []);
}

/** The same variables and formulas on both sides. */
export const variables: Guard = {
  name: "variables",
  check(a, b) {
    const [one, other] = [formulasOf(a), formulasOf(b)];
    if (one.size > 0 && other.size > 0 && !equalSets(one, other)) return "refuse";
    if (!equalSets(new Set([...lettersOf(a), ...lettersInside(one)]), new Set([...lettersOf(b), ...lettersInside(other)]))) return "refuse";
    return one.size === other.size ? "pass" : "doubt";
  },
};
