/** A prompt as the guards read it. */
export interface Reading {
  /** NFC, straight quotes, acronyms without their points, spaces squeezed. */
  readonly text: string;
  /** Words and numbers as typed, without a possessive 's. */
  readonly typed: readonly string[];
  /** The same in lower case. */
  readonly words: readonly string[];
  readonly wordSet: ReadonlySet<string>;
  /** Where a sentence begins, as positions in `words`. */
  readonly starts: ReadonlySet<number>;
}

const wordPattern = /\p{L}+(?:'\p{L}+)*|\p{N}+(?:[.,]\p{N}+)*/gu;

export function read(prompt: string): Reading {
  const text = prompt
    .normalize("NFC")
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u201C\u201D]/g, '"')
    .replaceAll(/(?<![\p{L}\d])\p{L}(?:\.\p{L})+\.?(?!\p{L})/gu, (acronym) => acronym.replaceAll(".", ""))
    .replaceAll(/[^\S\n]+/g, " ")
    .trim();
  const typed: string[] = [];
  const starts = new Set<number>();
  let end = 0;
  for (const match of text.matchAll(wordPattern)) {
    const between = text.slice(end, match.index);
    if (typed.length === 0 || /[.?!:"\n]/.test(between)) starts.add(typed.length);
    typed.push(match[0].replace(/'s$/i, ""));
    end = match.index + match[0].length;
  }
  const words = typed.map((word) => word.toLowerCase());
  return { text, typed, words, wordSet: new Set(words), starts };
}
