import { differences, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** One thing a line, with its other names. All of a group exclude one another: an answer has one form, one language. */
const groups: Record<string, string> = {
  programming:
    "python|javascript js node nodejs|typescript ts|java|kotlin|golang go|rust|ruby|php|perl|swift|scala|haskell|bash shell|powershell|sql|matlab|julia|c++ cpp|c# csharp|lua|dart|elixir|fortran",
  speech:
    "french|spanish|german|italian|portuguese|dutch|japanese|korean|chinese mandarin|polish|turkish|swedish|norwegian|danish|finnish|arabic|hebrew|hindi|russian|ukrainian|greek|latin|english|bengali|urdu|vietnamese|thai|hungarian|czech",
  shape:
    "json|yaml|csv|xml|table|markdown|html|bullet bullets bulleted|haiku|limerick|sonnet|poem|rap|song|essay|story|tweet|email mail|letter|speech|joke|riddle|slogan|headline title|summary summarize summarise|outline|quiz|diagram|chart|recipe|review|translation translate",
  style: "layman|beginner dummies|kid kids toddler|expert|detail detailed|brief briefly",
  measure: "sentence|paragraph|page|word",
};
/** Also a verb, or more than one thing: not a language unless said with a capital. */
const needsCapital = new Set(["go", "rust", "swift", "dart", "shell", "polish", "table"]);

const formOf = new Map(
  Object.entries(groups).flatMap(([group, line]) =>
    line.split("|").flatMap((names) => names.split(" ").map((name) => [name, `${group} ${names.split(" ")[0]}`] as const)),
  ),
);

function formsOf({ words, typed, text, starts }: Reading): Set<string> {
  const found = new Set<string>();
  words.forEach((word, at) => {
    const form = formOf.get(word) ?? formOf.get(word.replace(/s$/, ""));
    const capital = /^\p{Lu}/u.test(typed[at] ?? "") && !starts.has(at);
    if (form === undefined) return;
    const before = words[at - 1] ?? "";
    if (form.startsWith("measure") && !/^(?:one|single|\d+|two|three|few)$/.test(before)) return;
    const isCode = /^(?:function|code|class|program|script|struct|snippet)$/.test(words[at + 1] ?? "");
    if (capital || isCode || !needsCapital.has(word)) found.add(form);
  });
  if (/\bc\+\+/i.test(text)) found.add("programming c++");
  if (/\bc#/i.test(text)) found.add("programming c#");
  return found;
}

function groupOf(form: string): string | undefined {
  return form.split(" ")[0];
}

/** The same languages, formats and forms of an answer: "as JSON", "in Spanish", "a haiku". */
export const forms: Guard = {
  name: "forms",
  check(a, b) {
    const { onlyA, onlyB } = differences(formsOf(a), formsOf(b));
    if (onlyA.some((form) => onlyB.some((other) => groupOf(form) === groupOf(other)))) return "refuse";
    const named = [...onlyA, ...onlyB].some((form) => form.startsWith("programming") || form.startsWith("measure"));
    if (named) return "refuse";
    return onlyA.length + onlyB.length > 0 ? "doubt" : "pass";
  },
};
