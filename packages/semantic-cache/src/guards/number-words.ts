const small =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const scales: Record<string, number> = { dozen: 12, hundred: 100, thousand: 1e3, k: 1e3, million: 1e6, billion: 1e9 };
const others: Record<string, number> = { dozen: 12, twice: 2, thrice: 3 };
const ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const roman: Record<string, number> = { ii: 2, iii: 3, iv: 4, vi: 6, vii: 7, viii: 8, ix: 9, wwi: 1, wwii: 2, ww1: 1, ww2: 2 };

/** The number that a word says; "one" says none, for "which one" and "one of". */
export function numberOf(word: string): number | undefined {
  if (/^\d/.test(word)) {
    const value = Number(word.replaceAll(",", ""));
    return Number.isNaN(value) ? undefined : value;
  }
  const unit = small.indexOf(word);
  if (unit >= 0 && unit !== 1) return unit;
  const ten = tens.indexOf(word);
  if (ten >= 0) return 20 + 10 * ten;
  return others[word] ?? roman[word];
}

/** 1 to 9 as the second part of "twenty-five". */
export function unitOf(word: string): number | undefined {
  const unit = small.indexOf(word);
  return unit > 0 && unit < 10 ? unit : undefined;
}

export function isTens(word: string): boolean {
  return tens.includes(word);
}

export function scaleOf(word: string): number | undefined {
  return scales[word];
}

/** 3 for "third". "second" is none: it is a time too. */
export function ordinalOf(word: string): number | undefined {
  const at = ordinals.indexOf(word);
  return at < 0 || word === "second" ? undefined : at + 1;
}
