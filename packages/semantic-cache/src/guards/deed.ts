import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** What can be made, and can be spoken about once it is there. An "overview" is not such a thing: to give it is to explain. */
const thing =
  /\b(?:regex|regexes|regexps?|regular expressions?|functions?|quer(?:y|ies)|scripts?|programs?|macros?|formulas?|commands?|emails?|letters?|poems?|stor(?:y|ies)|songs?|essays?|recipes?|code)\b/i;
const deeds = {
  make: /\b(?:write|give me|create|generate|compose|draft|make|build)\b/i,
  explain: /\b(?:explain|describe|understand|interpret|mean|meaning)\b/i,
  mend: /\b(?:fix|debug|correct|repair|refactor|optimi[sz]e|improve|rewrite|review|proofread|shorten)\b/i,
};

function deedsOf({ text }: Reading): string[] {
  return thing.test(text) ? Object.entries(deeds).flatMap(([name, pattern]) => (pattern.test(text) ? [name] : [])) : [];
}

/** Whether a thing is to be made, explained or mended: "write a query" is not "explain the query". */
export const deed: Guard = {
  name: "deed",
  check(a, b) {
    const [one, other] = [deedsOf(a), deedsOf(b)];
    if (one.length === 0 || other.length === 0) return "pass";
    return one.some((each) => other.includes(each)) ? "pass" : "refuse";
  },
};
