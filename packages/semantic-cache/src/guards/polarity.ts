import { areOpposite } from "./antonyms.ts";
import { functionWords } from "./function-words.ts";
import { differences, type Guard } from "./guard.ts";
import type { Reading } from "./reading.ts";
import { stem } from "./stem.ts";

const negation =
  /^(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|hardly|isnt|arent|dont|doesnt|didnt|cant|wont|wasnt|shouldnt|couldnt|havent|hasnt|\w+n't)$/;
/** They deny without a "not": what they stand against may be the same said plainly. */
const implicit =
  /^(?:avoid|prevent|stop|quit|refuse|lack|fail|miss|forget|forgot|lose|lost|unable|free|instead|except|missing|keep|exclude|skip|hide|rid|remove|still|yet|wait|dismiss|deny|against|but)$/;

const auxiliary = /^(?:do|does|did|can|could|will|would|should|must|may|might|have|has|had)$/;
const degree = /^(?:more|less|most|least)$/;

interface Turns {
  count: number;
  denials: number;
  /** Beside one "not", or "more" for "less", one other word was exchanged: it may be an opposite that we do not know. */
  mayTurnBack: boolean;
}

/** How often the polarity turns between two prompts: by a word for its opposite, and by a denial on one side only. */
function turns(a: Reading, b: Reading): Turns {
  const { onlyA, onlyB: others } = differences(a.wordSet, b.wordSet);
  const onlyB = others.map((word) => ({ word, stem: stem(word), used: false }));
  let count = 0;
  for (const word of onlyA) {
    const match = onlyB.find((other) => !other.used && areOpposite(stem(word), other.stem));
    if (match) match.used = true;
    if (match) count++;
  }
  const denials = Math.abs(denialsOf(a) - denialsOf(b)) % 2;
  const matched = new Set(onlyB.flatMap(({ word, used }) => (used ? [word] : [])));
  const restA = onlyA.filter((word) => isContent(word) && ![...matched].some((other) => areOpposite(stem(word), stem(other))));
  const restB = onlyB.filter(({ word }) => isContent(word) && !matched.has(word));
  const [one, other] = [restA[0] ?? "", restB[0]?.word ?? ""];
  const isDegree = count === 1 && onlyA.some((word) => degree.test(word));
  const isDenied = count === 0 && (isQualityDenied(a, one) || isQualityDenied(b, other));
  const exchanged = restA.length === 1 && restB.length === 1 && stem(one) !== stem(other);
  return { count, denials, mayTurnBack: exchanged && (isDegree || isDenied) };
}

/** "is not happy", "someone not happy"; not "did not come". */
function isQualityDenied({ words }: Reading, quality: string): boolean {
  return words.some((word, at) => {
    const next = /^(?:a|an|very|so)$/.test(words[at + 1] ?? "") ? words[at + 2] : words[at + 1];
    return word === "not" && next === quality && !auxiliary.test(words[at - 1] ?? "");
  });
}

function isContent(word: string): boolean {
  return !functionWords.has(word) && !negation.test(word) && !degree.test(word);
}

function denialsOf({ words }: Reading): number {
  return words.filter((word, at) => negation.test(word) && !(word === "without" && words[at + 1] === "doubt")).length;
}

function deniesSilently(reading: Reading, other: Reading): boolean {
  return reading.words.some((word) => implicit.test(word) && !other.wordSet.has(word));
}

/** Negation and opposites: an odd number of turns asks for the contrary; an even one, or a silent denial, needs a sure verifier. */
export const polarity: Guard = {
  name: "polarity",
  check(a, b) {
    const { count, denials, mayTurnBack } = turns(a, b);
    if (count + denials === 0) return "pass";
    if ((count + denials) % 2 === 0 || mayTurnBack) return "doubt";
    return denials === 1 && count === 0 && (deniesSilently(a, b) || deniesSilently(b, a)) ? "doubt" : "refuse";
  },
};
