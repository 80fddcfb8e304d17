import type { Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";

/** Frequent words that are in one language only. */
const stopWords: Record<string, ReadonlySet<string>> = Object.fromEntries(
  Object.entries({
    en: "the is are what how why when where who does did can should my your of and with from for this that have has do to in on",
    de: "der das ist sind wie warum wann wo wer kann ich mein dein und mit von für nicht ein eine auf zu den dem im wird",
    fr: "le la les est sont quoi comment pourquoi quand où qui peut je mon ton et avec du des une dans pas ce cette que quel quelle",
    es: "el la los las es son qué cómo por cuándo dónde quién puede mi tu y con del una en para este esta que cuál",
    it: "il lo gli è sono che come perché quando dove chi posso mio tuo e con di una nel per questo questa qual della",
    pt: "o os as é são que como porque quando onde quem pode meu seu e com do da uma em para este esta qual não",
    nl: "de het is zijn wat hoe waarom wanneer waar wie kan ik mijn jouw en met van voor niet een op dit dat",
  }).map(([language, words]) => [language, new Set(words.split(" "))]),
);
const scripts = ["Latin", "Cyrillic", "Han", "Hiragana", "Hangul", "Arabic", "Hebrew", "Devanagari", "Greek", "Thai"].map(
  (script) => [script, new RegExp(`\\p{Script=${script}}`, "gu")] as const,
);

function scriptOf({ text }: Reading): string {
  const counts = scripts.map(([script, pattern]) => [script, text.match(pattern)?.length ?? 0] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** Undefined when no language has two words more than any other. */
function languageOf({ words }: Reading): string | undefined {
  const counts = Object.entries(stopWords).map(([language, known]) => [language, words.filter((word) => known.has(word)).length] as const);
  const [first, second] = counts.toSorted((one, other) => other[1] - one[1]);
  return first && second && first[1] >= second[1] + 2 ? first[0] : undefined;
}

/** An answer speaks the language of its question. The verifier reads English: in others it must be surer. */
export const language: Guard = {
  name: "language",
  check(a, b) {
    const script = scriptOf(a);
    if (script !== scriptOf(b)) return "refuse";
    const [one, other] = [languageOf(a), languageOf(b)];
    if (one !== undefined && other !== undefined && one !== other) return "refuse";
    return script !== "Latin" || (one ?? other ?? "en") !== "en" ? "doubt" : "pass";
  },
};
